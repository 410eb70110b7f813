"""One thing that was looked at: how it is, why it matters, what to do next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """The worst first. In trouble: act now, look soon."""

    BLOCKS = "blocks"
    ASKS = "asks"
    FINE = "fine"

    @property
    def exit_code(self) -> int:
        return len(Level) - 1 - list(Level).index(self)


@dataclass(frozen=True)
class Check:
    code: str
    level: Level
    sentence: str
    next_step: str = ""
    to_copy: str = ""
    tab: str = "general"
    can_resume: bool = False  # its integration, before its pause ends
    is_trouble: bool = False  # of what runs, not a step that was never done
    since: datetime | None = None
    until: datetime | None = None
    tracking_id: str = ""


def worst(levels: "list[Level]") -> Level:
    return min(levels, key=list(Level).index, default=Level.FINE)
