"""The control page: the scenario's switches, common faults, the clock and the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.console import first_tries
from integrations.sandbox.console.control_api import fault_as_dict
from integrations.sandbox.console.switches import GROUPS, switch, value_of
from integrations.sandbox.console.triggers import TRIGGERS
from integrations.sandbox.core.broadworks import PARTNERS
from integrations.sandbox.core.faults import HTML, HTML_429, Fault
from integrations.sandbox.core.grants import revoke_grant
from integrations.sandbox.core.http import Params, Request, Response, Routes, redirect
from integrations.sandbox.core.ledger import Call, masked
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import PageError, check_origin, english_page

routes = Routes()
SHOWN = 50
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "503": ("503 Service Unavailable", {"status": 503}),
    "500-html": ("500 with an HTML page", {"status": 500, "body": b"<h1>Oops</h1>"}),
    "429-json": ("429, JSON, Retry-After 30", {"status": 429, "headers": {"Retry-After": "30"}}),
    "429-html": (
        "429, HTML, Retry-After 3600",
        {
            "status": 429,
            "body": HTML_429,
            "headers": {"Retry-After": "3600"} | HTML,
        },
    ),
    "401": ("401, once refused", {"status": 401}),
    "423": ("423 Locked", {"status": 423}),
    "nonsense": ("200 with nonsense", {"status": 200, "body": b"<html>Welcome</html>"}),
    "slow": ("10 seconds late", {"delay": 10}),
    "drip": ("One byte every half second", {"drip": 0.5}),
    "endless": ("An endless body", {"endless": True}),
    "cut": ("Cut before the status", {"cut": "before_status"}),
    "lost": ("Processed, then the answer is cut", {"cut": "mid_body", "after": True}),
}
PATHS = (
    "/v1/access_token",
    "/v1/device/authorize",
    "/v1/device/token",
    "/v1/people/me",
    "/v1/people*",
    "/v1/broadworks/subscribers*",
    "/v1/broadworks/enterprises*",
    "/v1/broadworks/billing/reports*",
    "/v1/organizations/*",
    "/v1/authorizations*",
    "/v1/*",
)


@routes("GET", "/sandbox/")
def control(state: State, request: Request) -> Response:
    return _page(state)


@routes("POST", "/sandbox/")
def change(state: State, request: Request) -> Response:
    check_origin(request)
    action = ACTIONS.get(request.form.get("action", ""))
    if action is None:
        raise PageError(400, "Unknown action", "The control page has no such action.")
    try:
        action(state, request.form)
    except ValueError as error:
        return _page(state, error=str(error), status=400)
    return redirect("/sandbox/", 303)


def _scenario(state: State, form: Params) -> None:
    names = [name for group in GROUPS.values() for name in group]
    state.scenario.update({name: value_of(name, form) for name in names})


def _reset_scenario(state: State, form: Params) -> None:
    state.scenario.reset()


def _add_fault(state: State, form: Params) -> None:
    _, values = FAULTS[_one_of(form, "fault", list(FAULTS))]
    times = form.get("times", "").strip()
    path = _one_of(form, "path", list(PATHS))
    state.faults.add(Fault(path, **values, times=int(times) if times else None))


def _clear_faults(state: State, form: Params) -> None:
    state.faults.clear()


def _clock(state: State, form: Params) -> None:
    state.set_clock(float(form.get("days") or 0) * 86400)


def _revoke(state: State, form: Params) -> None:
    grant = state.grants.get(form.get("grant", ""))
    if grant is None:
        raise ValueError("This consent is gone already.")
    revoke_grant(state, grant)


def _try(state: State, form: Params) -> None:
    first_tries.switch(state, form.get("try", ""))


ACTIONS = {
    "try": _try,
    "scenario": _scenario,
    "reset-scenario": _reset_scenario,
    "fault": _add_fault,
    "clear-faults": _clear_faults,
    "clock": _clock,
    "revoke": _revoke,
}


def _one_of(form: Params, name: str, known: list[str]) -> str:
    value = form.get(name, "")
    if value not in known:
        raise ValueError(f"{name} is unknown.")
    return value


def _page(state: State, *, error: str = "", status: int = 200) -> Response:
    context = {
        "section": "control",
        "error": error,
        "groups": [
            {"title": title, "switches": [switch(state.scenario, *item) for item in group.items()]}
            for title, group in GROUPS.items()
        ],
        "tries": first_tries.rows(state),
        "changed": ", ".join(_changed(state)),
        "faults": [{"key": key, "title": title} for key, (title, _) in FAULTS.items()],
        "paths": PATHS,
        "triggers": TRIGGERS,
        "partners": PARTNERS,
        "waiting": [_fault_row(fault) for fault in state.faults.waiting],
        "grants": [_grant_row(state, grant.id) for grant in reversed(state.grants.values())],
        "days": f"{state.clock_offset / 86400:g}",
        "now": _moment(state.now()),
        "calls": [_call_row(call) for call in reversed(state.ledger.calls[-SHOWN:])],
        "reuse": str(state.ledger.reuse),
        "concurrency": str(state.ledger.concurrency_per_grant),
    }
    return english_page("control.html", context, status)


def _changed(state: State) -> list[str]:
    """What is not as usual, in words."""
    waiting = len(state.faults.waiting)
    found = [f"{waiting} fault{'s' if waiting > 1 else ''} waiting"] if waiting else []
    for group in GROUPS.values():
        found += [
            title
            for name, title in group.items()
            if switch(state.scenario, name, title)["is_changed"]
        ]
    return found + (["another time"] if state.clock_offset else [])


def _fault_row(fault: Fault) -> dict[str, str]:
    defaults = fault_as_dict(Fault(fault.path))
    defaults["times"] = fault.times
    set_values = {k: v for k, v in fault_as_dict(fault).items() if v != defaults[k]}
    left = "until cleared" if fault.times is None else f"{fault.times} left"
    return {"path": fault.path, "what": json.dumps(set_values), "left": left}


def _grant_row(state: State, grant_id: str) -> dict[str, Any]:
    grant = state.grants[grant_id]
    integration = state.integrations.get(grant.client_id)
    return {
        "id": grant.id,
        "person": state.people[grant.person_id].email,
        "integration": integration.name if integration else "deleted",
        "granted": _moment(grant.granted_at),
        "is_revoked": grant.revoked_at is not None,
    }


def _call_row(call: Call) -> dict[str, str]:
    parameters = {**call.query, **call.form}
    shown = [f"{name}={masked(name, value)}" for name, value in parameters.items()]
    return {
        "at": _moment(call.at)[11:],
        "method": call.method,
        "path": call.path,
        "status": "cut" if call.status is None else str(call.status),
        "kind": "bad" if call.status is None or call.status >= 400 else "good",
        "parameters": " ".join(shown),
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="seconds")[:19]
