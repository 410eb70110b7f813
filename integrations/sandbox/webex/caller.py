"""Who calls: the person behind a bearer token, and whether scopes and roles let them (contract
8.1, 15.1)."""

from __future__ import annotations

from integrations.sandbox.core.broadworks import PARTNERS, Partner
from integrations.sandbox.core.entities import Organization, Person, Token
from integrations.sandbox.core.faults import HTML, HTML_429
from integrations.sandbox.core.grants import live_token
from integrations.sandbox.core.http import ApiError, Refusal, Request, Response
from integrations.sandbox.core.state import State

NO_TOKEN = "The request requires a valid access token set in the Authorization request header."
FORBIDDEN = (
    "The server understood the request, but refused to fulfill it because the access token is "
    "missing required scopes or the user is missing required roles or licenses."
)


class TooManyRequests(Refusal):
    """429 as Webex documents it: a text/html body and Retry-After in seconds (contract 8.1)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many requests")
        self.retry_after = retry_after

    def response(self, request: Request) -> Response:
        return Response(429, HTML_429, HTML | {"Retry-After": str(self.retry_after)})


def check_rate(state: State, who: str, limit: int | None) -> None:
    """Refuse what a client or a person asks above a limit per minute."""
    if limit is None:
        return
    now = state.now()
    recent = [at for at in state.recent_calls.get(who, []) if at > now - 60]
    state.recent_calls[who] = recent
    if len(recent) >= limit:
        raise TooManyRequests(round(recent[0] + 60 - now) + 1 if recent else 60)
    recent.append(now)


def authenticated(state: State, request: Request, *scopes: str) -> tuple[Token, Person]:
    """The caller; any one of `scopes` suffices. Raises ApiError 401 or 403 (contract 8.1), and
    TooManyRequests above the scenario's limit per person, whatever the client.
    """
    token = live_token(state, request.bearer)
    if token is None:
        raise ApiError(401, NO_TOKEN, NO_TOKEN)
    check_rate(state, token.person_id, state.scenario.person_rate_limit)
    if scopes and not any(is_granted(state, token, scope) for scope in scopes):
        raise ApiError(403, FORBIDDEN)
    return token, state.people[token.person_id]


def authenticated_admin(state: State, request: Request, *scopes: str) -> tuple[Token, Person]:
    token, person = authenticated(state, request, *scopes)
    if not person.is_admin:
        raise ApiError(403, FORBIDDEN)
    return token, person


def authenticated_partner(
    state: State, request: Request, scope: str, *, writes: bool = False
) -> tuple[Partner, Person]:
    """The partner whose administrator calls. One whose organization is no BroadWorks partner gets
    a partner without customers.
    """
    _, person = authenticated_admin(state, request, scope)
    if not person.is_partner_admin or (writes and person.is_read_only):
        raise ApiError(403, FORBIDDEN)
    name = state.organizations[person.org_id].name
    known = next((partner for partner in PARTNERS if partner.name == name), None)
    return known or Partner(name, "".join(name.split()), "partner.example"), person


def administered(state: State, person: Person) -> list[Organization]:
    """The organizations an administrator sees: their own, and as a partner the customers'."""
    if not person.is_partner_admin:
        return [state.organizations[person.org_id]]
    customers = state.directory.organizations_of(state.organizations[person.org_id].name)
    return list({org.id: org for org in [*state.organizations.values(), *customers]}.values())


def is_granted(state: State, token: Token, scope: str) -> bool:
    """`spark:all` stands for all scopes of users, not for those of administrators."""
    granted = state.grants[token.grant_id].scopes
    return scope in granted or ("spark:all" in granted and scope.startswith("spark:"))
