"""BroadWorks subscribers: list, one, provision, update, remove, check first, ask for consent again
(contract 16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import attrgetter
from typing import Any

from integrations.sandbox.core.broadworks import STATUSES, USER_TAKEN, Partner, Subscriber
from integrations.sandbox.core.entities import resource_id, uuid_in
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.provisioning import provision, remove, settle, update
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import (
    MALFORMED,
    boolean,
    malformed,
    moment,
    moment_of,
    not_found,
)
from integrations.sandbox.webex.caller import authenticated_partner
from integrations.sandbox.webex.fields import FIELDS, check_reachable, checked, invalid
from integrations.sandbox.webex.paging import asked_max, asked_start, page_of

routes = Routes()
READ = "spark-admin:broadworks_subscribers_read"
WRITE = "spark-admin:broadworks_subscribers_write"
REQUIRED = ("provisioningId", "userId", "spEnterpriseId", "firstName", "lastName", "package")
CHANGEABLE = (
    "userId",
    "firstName",
    "lastName",
    "primaryPhoneNumber",
    "mobilePhoneNumber",
    "extension",
    "package",
)
PASSED = {"infoCode": 100, "description": "Provisioning preCheck validation successful."}
EXACT = {
    "userId": "user_id",
    "email": "email",
    "personId": "person_id",
    "spEnterpriseId": "sp_enterprise_id",
}


@routes("GET", "/v1/broadworks/subscribers")
def subscribers(state: State, request: Request) -> Response:
    partner, _ = authenticated_partner(state, request, READ)
    settle(state)
    register, size = state.directory.subscribers, asked_max(request, default=50, limit=100)
    rows = register.scan(asked_start(request), _places(state, request, partner))
    for fits in (_equals("partner", partner.name), *_filters(state, request)):
        rows = filter(fits, rows)
    return page_of(request, rows, partial(_listed, state), size=size, place_of=register.place_of)


@routes("POST", "/v1/broadworks/subscribers")
def provision_subscriber(state: State, request: Request) -> Response:
    partner, _ = authenticated_partner(state, request, WRITE, writes=True)
    settle(state)
    values = checked(request.json(), required=REQUIRED)
    _check_provisioning(state, partner, values)
    state.ledger.provisions[values["user_id"]] += 1
    if state.directory.subscribers.find("user_id", values["user_id"]):
        raise user_taken()
    return json_answer(as_json(state, provision(state, partner, values)))


@routes("POST", "/v1/broadworks/subscribers/validate")
def validate(state: State, request: Request) -> Response:
    partner, _ = authenticated_partner(state, request, WRITE, writes=True)
    settle(state)
    values = request.json()
    fields = checked(values, required=("email",))
    customer = values.get("customerInfo")
    if customer is not None and not (
        isinstance(customer, dict) and isinstance(customer.get("primaryEmail"), str)
    ):
        raise invalid(1001, "customerInfo.primaryEmail")
    user_id = fields.get("user_id", "")
    if user_id.startswith("dup-") or state.directory.subscribers.find("user_id", user_id):
        raise user_taken()
    if "sp_enterprise_id" in fields:
        _check_enterprise(state, partner, fields["sp_enterprise_id"])
    info = [PASSED] if state.scenario.info_as_list else PASSED
    return json_answer({"message": "success", "info": info})


@routes("GET", "/v1/broadworks/subscribers/{}")
def subscriber(state: State, request: Request, subscriber_id: str) -> Response:
    return json_answer(as_json(state, _asked(state, request, READ, subscriber_id)))


@routes("PUT", "/v1/broadworks/subscribers/{}")
def update_subscriber(state: State, request: Request, subscriber_id: str) -> Response:
    row = _asked(state, request, WRITE, subscriber_id, writes=True)
    changes = checked(request.json(), allowed=CHANGEABLE)
    check_reachable({name: getattr(row, name) for name in FIELDS.values()} | changes)
    user_id = changes.get("user_id", row.user_id)
    other = state.directory.subscribers.find("user_id", user_id)
    if other is not None and other is not row:
        raise user_taken()
    update(state, row, changes)
    return json_answer(as_json(state, row))


@routes("DELETE", "/v1/broadworks/subscribers/{}")
def remove_subscriber(state: State, request: Request, subscriber_id: str) -> Response:
    remove(state, _asked(state, request, WRITE, subscriber_id, writes=True))
    return Response(204)


@routes("POST", "/v1/subscribers/{}/emails/consentMove")
def consent_move(state: State, request: Request, subscriber_id: str) -> Response:
    row = _asked(state, request, WRITE, subscriber_id, writes=True)
    if row.status != "pending_user_migration":
        raise ApiError(409, MALFORMED, "The subscriber does not wait for a consent to move.")
    return Response(204)


def as_json(state: State, row: Subscriber) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": resource_id("SUBSCRIBER", row.id),
        "personId": resource_id("PEOPLE", row.person_id) if row.person_id else "",
        **{name: getattr(row, attribute) for name, attribute in FIELDS.items()},
        "status": row.status,
        "errors": [{"errorCode": code, "description": text} for code, text in row.errors],
        "created": moment(row.created_at),
        "lastStatusChange": moment(row.changed_at),
    }
    kept = {name: value for name, value in shown.items() if value not in ("", [])}
    return kept | {"selfActivated": boolean(state, row.self_activated)}


def _listed(state: State, row: Subscriber) -> dict[str, Any]:
    """As the list knows it, which may lag behind."""
    shown = as_json(state, row)
    status, changed_at = _known(state, row)
    return shown | {"status": status, "lastStatusChange": moment(changed_at)}


def _known(state: State, row: Subscriber) -> tuple[str, float]:
    """Status and last change as the list has them: a change within the lag is not there yet."""
    if row.status_before and row.changed_at > state.now() - state.scenario.list_lag:
        return row.status_before, row.created_at
    return row.status, row.changed_at


def _asked(
    state: State, request: Request, scope: str, subscriber_id: str, *, writes: bool = False
) -> Subscriber:
    partner, _ = authenticated_partner(state, request, scope, writes=writes)
    settle(state)
    row = state.directory.subscribers.get(uuid_in("SUBSCRIBER", subscriber_id))
    if row is None or row.partner != partner.name:
        raise not_found()
    return row


def _places(state: State, request: Request, partner: Partner) -> list[int]:
    """Where the rows may be, by the first exact filter."""
    for name, key in EXACT.items():
        if name in request.query:
            return state.directory.subscribers.places(key, _exact(request, name))
    return state.directory.subscribers.places("partner", partner.name)


def _exact(request: Request, name: str) -> str:
    value = request.query[name]
    return uuid_in("PEOPLE", value) or "-" if name == "personId" else value


def _filters(state: State, request: Request) -> Iterator[Callable[[Subscriber], bool]]:
    query = request.query
    for name, key in {**EXACT, "provisioningId": "provisioning_id"}.items():
        if name in query:
            yield _equals(key, _exact(request, name))
    if "lastStatusChange" in query:
        changed_after = moment_of(query["lastStatusChange"], "lastStatusChange")
        yield lambda row: row.changed_at > changed_after and _known(state, row)[1] > changed_after
    if "after" in query:
        created_after = moment_of(query["after"], "after")
        yield lambda row: row.created_at > created_after
    if "status" in query:
        statuses = set(query["status"].split(","))
        if not statuses <= set(STATUSES):
            raise malformed("status is unknown.", "status")
        yield lambda row: _known(state, row)[0] in statuses
    if "selfActivated" in query:
        if query["selfActivated"] not in ("true", "false"):
            raise malformed("Say true or false.", "selfActivated")
        yield lambda row: row.self_activated == (query["selfActivated"] == "true")
    if state.scenario.list_lag:
        seen_until = state.now() - state.scenario.list_lag
        yield lambda row: row.created_at <= seen_until


def _equals(key: str, value: str) -> Callable[[Subscriber], bool]:
    attribute, wanted = attrgetter(key), value.lower()
    return lambda row: bool(attribute(row).lower() == wanted)


def _check_provisioning(state: State, partner: Partner, values: dict[str, str]) -> None:
    check_reachable(values)
    _check_enterprise(state, partner, values["sp_enterprise_id"])
    if values["provisioning_id"] not in partner.provisioning_ids:
        raise malformed("The provisioning ID is unknown.", "provisioningId")
    if values["provisioning_id"] == partner.trusted_provisioning_id and "email" not in values:
        raise invalid(1001, "email")


def _check_enterprise(state: State, partner: Partner, sp_enterprise_id: str) -> None:
    if sp_enterprise_id.startswith("wholesale+"):
        text = "The customer is on Webex Wholesale and cannot be provisioned here."
        raise malformed(text, "spEnterpriseId")
    enterprise = state.directory.enterprises.find("sp_enterprise_id", sp_enterprise_id)
    if enterprise is not None and enterprise.partner != partner.name:
        text = "The enterprise belongs to another partner."
        raise malformed(text, "spEnterpriseId")


def user_taken() -> ApiError:
    code, text = USER_TAKEN
    return ApiError(409, text, {"errorCode": code, "description": text, "fieldName": "userId"})
