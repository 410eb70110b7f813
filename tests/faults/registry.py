"""A case is a function that breaks something; what it may cost at most is declared beside it.

Its name (R1, R22b) is this suite's own: `--only` takes it, and README and comments use it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STRICT, GRACE, NONE = "strict", "grace", "none"
BOTH = ("sqlite", "postgres")


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    run: Callable[[Any], None]
    rotations: tuple[str, ...]
    databases: tuple[str, ...]
    everywhere: bool  # on each of its databases also in the short run


@dataclass(frozen=True)
class Run:
    """One row of the table."""

    case: Case
    database: str
    rotation: str

    @property
    def name(self) -> str:
        return f"{self.case.name}-{self.database}-{self.rotation}"


CASES: dict[str, Case] = {}


def case(
    name: str,
    title: str,
    *,
    rotations: tuple[str, ...] = (STRICT,),
    databases: tuple[str, ...] = BOTH,
    everywhere: bool = False,
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def register(run: Callable[[Any], None]) -> Callable[[Any], None]:
        CASES[name] = Case(name, title, run, rotations, databases, everywhere)
        return run

    return register


def runs(*, full: bool, only: set[str], database: str) -> list[Run]:
    """The short run takes the two databases by turns where a case does not insist on both."""
    wanted = BOTH if database == "both" else (database,)
    chosen = []
    for each in sorted(CASES.values(), key=_number):
        if only and each.name not in only:
            continue
        possible = [name for name in each.databases if name in wanted]
        if not (full or each.everywhere):
            turn = len(chosen) % 2
            possible = possible[::-1][turn : turn + 1] if len(possible) > 1 else possible
        chosen += [Run(each, name, rotation) for name in possible for rotation in each.rotations]
    return chosen


def _number(case: Case) -> tuple[int, str]:
    digits = case.name[1:].rstrip("abc")
    return int(digits), case.name


def is_full() -> bool:
    return os.environ.get("FAULTS_FULL") == "1"
