"""Geometry of the chart on the start page: plain numbers that a template writes into an SVG."""

from dataclasses import dataclass
from datetime import datetime

from integrations.operations.dashboard import Week

HEIGHT, STEP, WIDTH = 120, 46, 34  # of the chart; from bar to bar; of a bar
LEAST = 3  # so that a single grant among a million can be seen


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


def bars_of(weeks: list[Week]) -> list[Bar]:
    most = max((week.grants for week in weeks), default=0)
    return [_bar(number, week, most) for number, week in enumerate(weeks)]


def _bar(number: int, week: Week, most: int) -> Bar:
    height = max(round(HEIGHT * week.grants / most), LEAST) if week.grants else 0
    x, y = number * STEP + (STEP - WIDTH) // 2, HEIGHT - height + 20
    return Bar(week.begins, week.grants, week.is_open, x, y, height)
