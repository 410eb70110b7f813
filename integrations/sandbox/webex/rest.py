"""The REST API behind a bearer token: organizations, authorizations, rooms (contract 6, 8)."""

from __future__ import annotations

from integrations.sandbox.core.entities import Organization, Person, Token, resource_id
from integrations.sandbox.core.grants import grants_of, is_alive, revoke_grant, revoke_token
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import MALFORMED, moment, not_found
from integrations.sandbox.webex.caller import (
    FORBIDDEN,
    NO_TOKEN,
    administered,
    authenticated,
    authenticated_admin,
)

routes = Routes()


@routes("GET", "/authorize")
def outside_the_api(state: State, request: Request) -> Response:
    """Without /v1 the gateway wants a token (contract 2.1)."""
    raise ApiError(401, NO_TOKEN, NO_TOKEN)


@routes("GET", "/v1/organizations")
def organizations(state: State, request: Request) -> Response:
    _, person = authenticated_admin(
        state, request, "spark-admin:organizations_read", "spark:organizations_read"
    )
    return json_answer({"items": [_organization(org) for org in administered(state, person)]})


@routes("GET", "/v1/organizations/{}")
def organization(state: State, request: Request, org_id: str) -> Response:
    _, person = authenticated_admin(
        state, request, "spark-admin:organizations_read", "spark:organizations_read"
    )
    for org in administered(state, person):
        if resource_id("ORGANIZATION", org.id) == org_id:
            return json_answer(_organization(org))
    raise not_found()


@routes("GET", "/v1/rooms")
def rooms(state: State, request: Request) -> Response:
    """A space with everybody in it, and one for each organization the person works for."""
    _, person = authenticated(state, request, "spark:rooms_read")
    titles = ("All hands", state.organizations[person.org_id].name)
    items = [
        {
            "id": resource_id("ROOM", f"{person.org_id}/{number}"),
            "title": title,
            "type": "group",
            "isLocked": False,
            "lastActivity": moment(state.now()),
            "creatorId": resource_id("PEOPLE", person.id),
            "created": moment(person.created_at),
        }
        for number, title in enumerate(titles)
    ]
    return json_answer({"items": items})


@routes("GET", "/v1/authorizations")
def authorizations(state: State, request: Request) -> Response:
    _, caller = authenticated_admin(state, request, "identity:tokens_read")
    person = _asked_person(state, request)
    if person is None or not _administers(caller, person):
        raise not_found()
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
        raise not_found()
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
    allowed = {resource_id("ORGANIZATION", org.id): org.id for org in administered(state, caller)}
    if org_id not in allowed:
        raise not_found()
    person_ids = {p.id for p in state.people.values() if p.org_id == allowed[org_id]}
    for grant in grants_of(state, client_id=client_id, person_ids=person_ids):
        revoke_grant(state, grant)
    return Response(204)


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


def _organization(org: Organization) -> dict[str, str]:
    return {
        "id": resource_id("ORGANIZATION", org.id),
        "displayName": org.name,
        "created": moment(org.created_at),
    }


def _authorization(state: State, token: Token) -> dict[str, str]:
    integration = state.integrations[token.client_id]
    return {
        "id": resource_id("AUTHORIZATION", token.id),
        "applicationId": integration.id,
        "applicationName": integration.name,
        "personId": resource_id("PEOPLE", token.person_id),
        "clientId": token.client_id,
        "created": moment(token.issued_at),
        "type": token.kind,
    }
