"""The control page: the scenario's switches, common faults, the clock and the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.console.control_api import fault_as_dict
from integrations.sandbox.core.faults import Fault
from integrations.sandbox.core.grants import revoke_grant
from integrations.sandbox.core.http import Params, Request, Response, Routes, redirect
from integrations.sandbox.core.ledger import Call, masked
from integrations.sandbox.core.scenario import CHOICES, TOKEN_FIELDS, Scenario, default_values
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import PageError, check_origin, page

routes = Routes()
SHOWN = 50
GROUPS: dict[str, dict[str, str]] = {
    "Refreshing": {
        "rotation": "Refresh token rotation",
        "grace_seconds": "Grace for a rotated token (seconds)",
        "clock_reset": "A refresh renews the refresh token's life",
        "access_ttl": "Life of an access token (seconds)",
        "refresh_ttl": "Life of a refresh token (seconds)",
    },
    "Consent": {
        "authorize_error": "Error instead of the sign-in",
        "org_blocks": "The organization blocks the integration",
        "drop_state_on_error": "Leave the state out of error redirects",
        "granted_scopes": "Scopes granted (empty: as requested)",
        "add_kms": "Add spark:kms",
        "ignore_pkce": "Ignore PKCE",
        "iss": "Issuer added to the callback",
        "code_ttl": "Life of a code (seconds)",
    },
    "Device": {
        "device_ttl": "Life of a device code (seconds)",
        "device_interval": "Interval between polls (seconds)",
        "device_access_ttl": "Life of a device's access token (seconds)",
        "device_override": "Fields of the device answer to replace (JSON; null: left out)",
    },
    "Answers": {
        "error_shape": "Shape of token errors",
        "shuffle_scope": "Shuffle the scopes",
        "rate_limit": "Token calls per minute and client (empty: no limit)",
        "latency": "Latency (seconds)",
        "override": "Fields of the token answer to replace (JSON)",
        "omit": "Fields of the token answer to leave out",
    },
    "People and BroadWorks": {
        "provision_seconds": "Provisioning takes (seconds)",
        "first_user_seconds": "The first subscriber of an enterprise takes (seconds)",
        "update_seconds": "An update takes (seconds)",
        "sync_seconds": "A directory sync takes (seconds)",
        "report_seconds": "A billing report takes (seconds)",
        "list_lag": "The list of subscribers lags behind by (seconds)",
        "booleans": "Booleans",
        "info_as_list": "The check's info is a list",
        "large_people_list": "The list of people exceeds 256 KiB",
    },
}
HTML_429 = b"<html><body><h1>429 Too Many Requests</h1></body></html>"
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "503": ("503 Service Unavailable", {"status": 503}),
    "500-html": ("500 with an HTML page", {"status": 500, "body": b"<h1>Oops</h1>"}),
    "429-json": ("429, JSON, Retry-After 30", {"status": 429, "headers": {"Retry-After": "30"}}),
    "429-html": (
        "429, HTML, Retry-After 3600",
        {
            "status": 429,
            "body": HTML_429,
            "headers": {"Retry-After": "3600", "Content-Type": "text/html"},
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
    state.scenario.update({name: _value(name, form) for name in names})


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


ACTIONS = {
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


def _value(name: str, form: Params) -> Any:
    """A switch's value as the form sends it. Raises ValueError."""
    default = default_values()[name]
    text = form.get(name, "").strip()
    if name == "omit":
        return form.all(name)
    if name == "granted_scopes":
        return text.split() or None
    if isinstance(default, dict):
        return json.loads(text or "{}")
    if name in CHOICES or name == "iss":
        return text or None
    if isinstance(default, bool):
        return name in form
    return None if name == "rate_limit" and not text else _number(name, text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} is a number.") from None
    return int(number) if number.is_integer() else number


def _page(state: State, *, error: str = "", status: int = 200) -> Response:
    context = {
        "section": "control",
        "error": error,
        "groups": [
            {"title": title, "switches": [_switch(state.scenario, *item) for item in group.items()]}
            for title, group in GROUPS.items()
        ],
        "faults": [{"key": key, "title": title} for key, (title, _) in FAULTS.items()],
        "paths": PATHS,
        "waiting": [_fault_row(fault) for fault in state.faults.waiting],
        "grants": [_grant_row(state, grant.id) for grant in reversed(state.grants.values())],
        "days": f"{state.clock_offset / 86400:g}",
        "now": _moment(state.now()),
        "calls": [_call_row(call) for call in reversed(state.ledger.calls[-SHOWN:])],
        "reuse": str(state.ledger.reuse),
        "concurrency": str(state.ledger.concurrency_per_grant),
    }
    return page("control.html", context, status)


def _switch(scenario: Scenario, name: str, title: str) -> dict[str, Any]:
    value = getattr(scenario, name)
    default = default_values()[name]
    switch = {"name": name, "title": title, "is_changed": value != default}
    if name == "omit":
        fields = [{"name": field, "is_chosen": field in value} for field in TOKEN_FIELDS]
        return switch | {"kind": "fields", "fields": fields}
    if name in CHOICES:
        none = [{"value": "", "title": "none", "is_chosen": value is None}]
        choices = [{"value": c, "title": c, "is_chosen": c == value} for c in CHOICES[name]]
        return switch | {"kind": "choice", "choices": choices if default else none + choices}
    if isinstance(default, bool):
        return switch | {"kind": "check", "is_on": value}
    if isinstance(default, dict):
        return switch | {"kind": "text", "value": json.dumps(value) if value else ""}
    if name in ("granted_scopes", "iss"):
        text = " ".join(value) if isinstance(value, tuple) else value
        return switch | {"kind": "text", "value": text or ""}
    return switch | {"kind": "number", "value": "" if value is None else f"{value:.15g}"}


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
