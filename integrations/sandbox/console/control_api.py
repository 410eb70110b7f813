"""The control API: scenario, faults, ledger, clock and registrations as JSON.

Every change wants `Content-Type: application/json`, which no form of another site can send.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from integrations.sandbox.core.entities import Integration
from integrations.sandbox.core.faults import Fault
from integrations.sandbox.core.grants import grants_of, revoke_grant
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.ledger import call_as_dict, token_as_dict
from integrations.sandbox.core.scopes import MINIMUM_SCOPES
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import check_origin

routes = Routes()
SHOWN = 200


@routes("GET", "/sandbox/healthz")
def healthz(state: State, request: Request) -> Response:
    return json_answer({"status": "ok"})


@routes("GET", "/sandbox/scenario")
def scenario(state: State, request: Request) -> Response:
    return json_answer(state.scenario.as_dict())


@routes("POST", "/sandbox/scenario")
def change_scenario(state: State, request: Request) -> Response:
    try:
        state.scenario.update(_json(request))
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    return scenario(state, request)


@routes("POST", "/sandbox/faults")
def add_fault(state: State, request: Request) -> Response:
    values = {"headers": {}} | _json(request)
    _text(values, "path")
    if not isinstance(values["headers"], dict):
        raise ApiError(400, "headers is an object.")
    if values.get("body") is not None:
        values["body"] = _text(values, "body").encode()
    try:
        fault = state.faults.add(Fault(**values))
    except (TypeError, ValueError) as error:
        raise ApiError(400, str(error)) from None
    return json_answer(fault_as_dict(fault), 201)


@routes("GET", "/sandbox/faults")
def faults(state: State, request: Request) -> Response:
    return json_answer({"items": [fault_as_dict(fault) for fault in state.faults.waiting]})


@routes("DELETE", "/sandbox/faults")
def clear_faults(state: State, request: Request) -> Response:
    check_origin(request)
    state.faults.clear()
    return Response(204)


@routes("GET", "/sandbox/ledger")
def ledger(state: State, request: Request) -> Response:
    """Secrets are masked; the newest entries only."""
    return json_answer(
        {
            "calls": [call_as_dict(call) for call in state.ledger.calls[-SHOWN:]],
            "tokens": [token_as_dict(token) for token in state.ledger.tokens[-SHOWN:]],
            "provisions": dict(state.ledger.provisions.most_common(SHOWN)),
            "reuse": state.ledger.reuse,
            "concurrency_per_grant": state.ledger.concurrency_per_grant,
            "concurrency_per_client": state.ledger.concurrency_per_client,
        }
    )


@routes("POST", "/sandbox/revoke")
def revoke(state: State, request: Request) -> Response:
    values = _json(request)
    person = state.person_by_email(_text(values, "person"))
    if person is None:
        raise ApiError(404, "There is no such person.")
    grants = grants_of(state, client_id=_text(values, "client_id"), person_ids={person.id})
    for grant in grants:
        revoke_grant(state, grant)
    return json_answer({"revoked": len(grants)})


@routes("POST", "/sandbox/clock")
def clock(state: State, request: Request) -> Response:
    """`{"offset": seconds}` ahead of the real time."""
    offset = _json(request).get("offset")
    if not isinstance(offset, int | float) or isinstance(offset, bool):
        raise ApiError(400, "offset is a number of seconds.")
    try:
        state.set_clock(offset)
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    return json_answer({"offset": offset, "now": state.now()})


@routes("POST", "/sandbox/reset")
def reset(state: State, request: Request) -> Response:
    _json(request)
    state.reset()
    return Response(204)


@routes("POST", "/sandbox/integrations")
def add_integration(state: State, request: Request) -> Response:
    values = _json(request)
    integration = state.register(
        name=_text(values, "name"),
        redirect_uris=_texts(values, "redirect_uris"),
        scopes=_texts({"scopes": list(MINIMUM_SCOPES)} | values, "scopes"),
    )
    return json_answer(integration_as_dict(integration), 201)


@routes("POST", "/sandbox/people")
def add_person(state: State, request: Request) -> Response:
    values = {"org_name": "Acme Corporation", "roles": []} | _json(request)
    email = _text(values, "email")
    try:
        person = state.add_person(
            email=email,
            display_name=_text({"display_name": email} | values, "display_name"),
            org_name=_text(values, "org_name"),
            roles=_texts(values, "roles", may_be_empty=True),
        )
    except ValueError as error:
        raise ApiError(409, str(error)) from None
    return json_answer(asdict(person), 201)


def integration_as_dict(integration: Integration) -> dict[str, Any]:
    return {
        "name": integration.name,
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
        "redirect_uris": integration.redirect_uris,
        "scopes": integration.scopes,
        "authorization_url": integration.authorization_url,
    }


def fault_as_dict(fault: Fault) -> dict[str, Any]:
    body = None if fault.body is None else fault.body.decode("utf-8", "replace")
    return asdict(fault) | {"body": body}


def _json(request: Request) -> dict[str, Any]:
    check_origin(request)
    return request.json()


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError(400, f"{name} is a text.")
    return value


def _texts(values: dict[str, Any], name: str, *, may_be_empty: bool = False) -> list[str]:
    value = values.get(name)
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if not isinstance(value, list) or not is_list or not (value or may_be_empty):
        raise ApiError(400, f"{name} is a list of texts.")
    return value
