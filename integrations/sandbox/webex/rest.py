"""The REST API behind a bearer token: people, organizations, authorizations (contract 6, 8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.sandbox.core.entities import Organization, Person, Token, resource_id
from integrations.sandbox.core.grants import (
    grants_of,
    is_alive,
    live_token,
    revoke_grant,
    revoke_token,
)
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.state import State

routes = Routes()
NO_TOKEN = "The request requires a valid access token set in the Authorization request header."
FORBIDDEN = (
    "The server understood the request, but refused to fulfill it because the access token is "
    "missing required scopes or the user is missing required roles or licenses."
)
NOT_FOUND = "The requested resource could not be found."
MALFORMED = (
    "The request could not be understood by the server due to malformed syntax. "
    "See 'errors' for more details."
)


def authenticated(state: State, request: Request, *scopes: str) -> tuple[Token, Person]:
    """The caller; any one of `scopes` suffices. Raises ApiError 401 or 403 (contract 8.1)."""
    token = live_token(state, request.bearer)
    if token is None:
        raise ApiError(401, NO_TOKEN, NO_TOKEN)
    if scopes and not set(scopes) & set(state.grants[token.grant_id].scopes):
        raise ApiError(403, FORBIDDEN)
    return token, state.people[token.person_id]


def authenticated_admin(state: State, request: Request, *scopes: str) -> tuple[Token, Person]:
    token, person = authenticated(state, request, *scopes)
    if not person.is_admin:
        raise ApiError(403, FORBIDDEN)
    return token, person


@routes("GET", "/authorize")
def outside_the_api(state: State, request: Request) -> Response:
    """Without /v1 the gateway wants a token (contract 2.1)."""
    raise ApiError(401, NO_TOKEN, NO_TOKEN)


@routes("GET", "/v1/people/me")
def people_me(state: State, request: Request) -> Response:
    _, person = authenticated(state, request, "spark:people_read")
    with_calling_data = request.query.get("callingData") == "true"
    return json_answer(_person(person, with_calling_data=with_calling_data))


@routes("GET", "/v1/organizations")
def organizations(state: State, request: Request) -> Response:
    _, person = authenticated_admin(
        state, request, "spark-admin:organizations_read", "spark:organizations_read"
    )
    return json_answer({"items": [_organization(org) for org in _administered(state, person)]})


@routes("GET", "/v1/organizations/{}")
def organization(state: State, request: Request, org_id: str) -> Response:
    _, person = authenticated_admin(
        state, request, "spark-admin:organizations_read", "spark:organizations_read"
    )
    for org in _administered(state, person):
        if resource_id("ORGANIZATION", org.id) == org_id:
            return json_answer(_organization(org))
    raise ApiError(404, NOT_FOUND, NOT_FOUND)


@routes("GET", "/v1/authorizations")
def authorizations(state: State, request: Request) -> Response:
    _, caller = authenticated_admin(state, request, "identity:tokens_read")
    person = _asked_person(state, request)
    if person is None or not _administers(caller, person):
        raise ApiError(404, NOT_FOUND, NOT_FOUND)
    tokens = [token for token in state.tokens.values() if token.person_id == person.id]
    live = [t for t in tokens if is_alive(state, t) and t.replaced_at is None]
    return json_answer({"items": [_authorization(state, token) for token in live]})


@routes("GET", "/v1/authorizations/tokenExpiry")
def token_expiry(state: State, request: Request) -> Response:
    token, _ = authenticated(state, request)
    return json_answer({"exp": round(token.expires_at * 1000)})


@routes("DELETE", "/v1/authorizations/{}")
def delete_authorization(state: State, request: Request, authorization_id: str) -> Response:
    """To delete a token of their own, callers must use the same client (contract 6)."""
    used, caller = authenticated_admin(state, request, "identity:tokens_write")
    token = _find_authorization(state, authorization_id)
    if token is None or not _administers(caller, state.people[token.person_id]):
        raise ApiError(404, NOT_FOUND, NOT_FOUND)
    if token.person_id == caller.id and token.client_id != used.client_id:
        raise ApiError(403, FORBIDDEN)
    revoke_token(state, token)
    return Response(204)


@routes("DELETE", "/v1/authorizations")
def delete_authorizations(state: State, request: Request) -> Response:
    """All tokens of a client in a whole organization."""
    _, caller = authenticated_admin(state, request, "identity:tokens_write")
    client_id = request.query.get("clientId")
    if not client_id:
        raise ApiError(400, MALFORMED, "clientId is required.")
    org_id = request.query.get("orgId") or resource_id("ORGANIZATION", caller.org_id)
    allowed = {resource_id("ORGANIZATION", org.id): org.id for org in _administered(state, caller)}
    if org_id not in allowed:
        raise ApiError(404, NOT_FOUND, NOT_FOUND)
    person_ids = {p.id for p in state.people.values() if p.org_id == allowed[org_id]}
    for grant in grants_of(state, client_id=client_id, person_ids=person_ids):
        revoke_grant(state, grant)
    return Response(204)


def _administered(state: State, person: Person) -> list[Organization]:
    if person.is_partner_admin:
        return list(state.organizations.values())
    return [state.organizations[person.org_id]]


def _administers(caller: Person, person: Person) -> bool:
    return caller.is_partner_admin or caller.org_id == person.org_id


def _asked_person(state: State, request: Request) -> Person | None:
    person_id, email = request.query.get("personId"), request.query.get("personEmail")
    if bool(person_id) == bool(email):
        raise ApiError(400, MALFORMED, "Give exactly one of personId and personEmail.")
    if email:
        return state.person_by_email(email)
    people = state.people.values()
    return next((p for p in people if resource_id("PEOPLE", p.id) == person_id), None)


def _find_authorization(state: State, authorization_id: str) -> Token | None:
    for token in state.tokens.values():
        if resource_id("AUTHORIZATION", token.id) == authorization_id and is_alive(state, token):
            return token
    return None


def _person(person: Person, *, with_calling_data: bool) -> dict[str, Any]:
    """Two booleans are strings, as in Webex's examples (contract 8.2)."""
    first, _, last = person.display_name.partition(" ")
    row: dict[str, Any] = {
        "id": resource_id("PEOPLE", person.id),
        "emails": [person.email],
        "phoneNumbers": [{"type": "mobile", "value": "+1 555 0100", "primary": False}],
        "displayName": person.display_name,
        "nickName": first,
        "firstName": first,
        "lastName": last,
        "orgId": resource_id("ORGANIZATION", person.org_id),
        "department": "Operations",
        "title": "Administrator" if person.is_admin else "Consultant",
        "created": _moment(person.created_at),
        "lastModified": _moment(person.created_at),
        "timezone": "Europe/Berlin",
        "status": "active",
        "type": "person",
    }
    if person.is_admin:
        row["roles"] = [resource_id("ROLE", role) for role in person.roles]
        row["licenses"] = [resource_id("LICENSE", "calling")]
        row |= {"invitePending": "false", "loginEnabled": "true"}
    if with_calling_data:
        work = {"type": "work", "value": "+1 555 0142", "primary": True}
        row["phoneNumbers"] = [work, *row["phoneNumbers"]]
        row |= {"extension": "142", "locationId": resource_id("LOCATION", person.org_id)}
    return row


def _organization(org: Organization) -> dict[str, str]:
    return {
        "id": resource_id("ORGANIZATION", org.id),
        "displayName": org.name,
        "created": _moment(org.created_at),
    }


def _authorization(state: State, token: Token) -> dict[str, str]:
    integration = state.integrations[token.client_id]
    return {
        "id": resource_id("AUTHORIZATION", token.id),
        "applicationId": integration.id,
        "applicationName": integration.name,
        "personId": resource_id("PEOPLE", token.person_id),
        "clientId": token.client_id,
        "created": _moment(token.issued_at),
        "type": token.kind,
    }


def _moment(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
