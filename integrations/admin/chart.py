"""Geometry of the charts on the start page: plain numbers that a template writes into an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from integrations.operations.activity import Incident, Slot
from integrations.operations.dashboard import Week

HEIGHT, STEP, WIDTH = 120, 46, 34  # of the chart; from bar to bar; of a bar
LEAST = 3  # so that a single grant among a million can be seen
SMALL, LENGTH = 64, 600  # height and width of the pictures of what happened lately


@dataclass(frozen=True)
class Bar:
    begins: datetime
    grants: int
    is_open: bool
    x: int
    y: int
    height: int

    @property
    def middle(self) -> int:
        return self.x + WIDTH // 2

    @property
    def above(self) -> int:
        return self.y - 6


@dataclass(frozen=True)
class Column:
    """Renewals upwards from the line, lost consents downwards."""

    slot: Slot
    x: str  # a German page would write a number with a comma, which no SVG understands
    width: str
    up: int
    down: int

    @property
    def top(self) -> int:
        return SMALL - self.up


@dataclass(frozen=True)
class Span:
    incident: Incident
    x: int
    width: int

    @property
    def end(self) -> int:
        return self.x + self.width


def bars_of(weeks: list[Week]) -> list[Bar]:
    most = max((week.grants for week in weeks), default=0)
    return [_bar(number, week, most) for number, week in enumerate(weeks)]


def columns_of(slots: Sequence[Slot]) -> list[Column]:
    renewed = max((slot.renewed for slot in slots), default=0)
    lost = max((slot.lost for slot in slots), default=0)
    step = LENGTH / max(len(slots), 1)
    return [
        Column(
            slot, f"{number * step:.1f}", f"{step * 0.72:.1f}",
            _scaled(slot.renewed, renewed, SMALL), _scaled(slot.lost, lost, SMALL // 3),
        )
        for number, slot in enumerate(slots)
    ]  # fmt: skip


def spans_of(incidents: Sequence[Incident]) -> list[tuple[str, list[Span]]]:
    """By integration; whose last one is over longest comes last."""
    found = [
        (name, [_span(each) for each in group])
        for name, group in groupby(incidents, key=lambda each: each.name)
    ]
    return sorted(found, key=lambda each: each[1][-1].end, reverse=True)


def _span(incident: Incident) -> Span:
    x, width = round(incident.begins * LENGTH), round(incident.lasts * LENGTH)
    return Span(incident, min(x, LENGTH - LEAST), max(width, LEAST))


def _bar(number: int, week: Week, most: int) -> Bar:
    height = _scaled(week.grants, most, HEIGHT)
    x, y = number * STEP + (STEP - WIDTH) // 2, HEIGHT - height + 20
    return Bar(week.begins, week.grants, week.is_open, x, y, height)


def _scaled(value: int, most: int, height: int) -> int:
    return max(round(height * value / most), LEAST) if value else 0
