"""Every case, by what it breaks."""

from tests.faults.cases import (
    answers,
    bulk,
    calendar,
    keys,
    kills,
    load,
    outages,
    races,
    refusals,
    removals,
    small_numbers,
    webhooks,
)
from tests.faults.registry import CASES

__all__ = [
    "CASES",
    "answers",
    "bulk",
    "calendar",
    "keys",
    "kills",
    "load",
    "outages",
    "races",
    "refusals",
    "removals",
    "small_numbers",
    "webhooks",
]
