"""What people try first, each one button on top of the control page, with how it stands."""

from __future__ import annotations

from typing import Any, NamedTuple

from integrations.sandbox.core.faults import Fault
from integrations.sandbox.core.state import State

EVERYTHING = "/v1/*"


class Try(NamedTuple):
    name: str
    title: str
    button: str
    undo: str
    what: str
    real: str
    is_assumed: bool


TRIES = (
    Try(
        "outage", "Webex is down", "Begin an outage", "End the outage",
        "Every call is answered with 503.",
        "How long an outage lasts and what it answers is not documented.", True,
    ),
    Try(
        "block", "The organisation blocks the integration", "Block it", "Allow it again",
        "Signing in ends on a page that leads nowhere.",
        "It was seen at Webex: no way back, and the administrator is told.", False,
    ),
    Try(
        "limit", "Webex limits the rate", "One token call a minute", "No limit",
        "The second call within a minute is answered with 429.",
        "Webex publishes no limit for tokens.", True,
    ),
)  # fmt: skip


def rows(state: State) -> list[dict[str, Any]]:
    on = {
        "outage": any(_is_outage(fault) for fault in state.faults.waiting),
        "block": state.scenario.org_blocks,
        "limit": state.scenario.rate_limit is not None,
    }
    return [{**each._asdict(), "is_on": on[each.name]} for each in TRIES]


def switch(state: State, name: str) -> None:
    """On, or off where it is on. Raises ValueError."""
    is_on = {row["name"]: row["is_on"] for row in rows(state)}
    if name not in is_on:
        raise ValueError("try is unknown.")
    if name == "outage":
        state.faults.clear()
        if not is_on[name]:
            state.faults.add(Fault(EVERYTHING, status=503, times=None))
    elif name == "block":
        state.scenario.org_blocks = not is_on[name]
    else:
        state.scenario.rate_limit = None if is_on[name] else 1


def _is_outage(fault: Fault) -> bool:
    return (fault.path, fault.status, fault.times) == (EVERYTHING, 503, None)
