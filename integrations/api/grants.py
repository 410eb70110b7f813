"""Grants: how they stand, renewing and ending them, and access tokens for other back ends."""

from contextlib import nullcontext
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet
from ninja import Field, Router, Schema

from integrations import tasks
from integrations.api import problems
from integrations.api.authentication import ApiRequest, Client
from integrations.api.cursor import page_of
from integrations.api.routing import route
from integrations.api.schemas import Body, Cursor, Hostname, Id, Limit, Name, Page, WholeNumber
from integrations.errors import NotLinked
from integrations.linking import disconnection
from integrations.models import Grant, administered
from integrations.models.api_key import KeyScope
from integrations.operations import handing_out
from integrations.renewal import on_demand
from integrations.webex_share import share

router = Router(tags=["grants"])
LONGEST_LIFE = 3600  # seconds that may be asked for


class Health(StrEnum):
    HEALTHY = "healthy"
    FAILING = "failing"  # renewals fail for a reason that is not the user's; nothing to do
    RIGHT_LOST = "right_lost"  # its user may not use Webex any more
    NEEDS_USER = "needs_user"  # they must link again
    DISCONNECTED = "disconnected"


WHERE = {
    Health.HEALTHY: Q(status="ACTIVE", failing_since=None, right_lost_at=None),
    Health.FAILING: Q(status="ACTIVE", failing_since__isnull=False, right_lost_at=None),
    Health.RIGHT_LOST: Q(right_lost_at__isnull=False),
    Health.NEEDS_USER: Q(status="CONSENT_LOST", right_lost_at=None),
    Health.DISCONNECTED: Q(status="DISCONNECTED"),
}


class GrantFacts(Schema):
    id: int
    user: str
    integration: int
    hostname: str | None
    health: Health
    webex_person_id: str
    webex_email: str
    webex_name: str
    webex_org_id: str
    scopes: list[str]
    granted_at: datetime | None
    refreshed_at: datetime | None
    refresh_due_at: datetime | None
    access_token_expires_at: datetime | None
    refresh_token_expires_at: datetime | None
    failing_since: datetime | None
    last_error: str
    last_tracking_id: str


class Grants(Page):
    items: list[GrantFacts]


class TokenWish(Body):
    minimum_life: WholeNumber = Field(
        120, ge=0, le=LONGEST_LIFE, description="Seconds that the token must live at least"
    )


class AccessToken(Schema):
    access_token: str
    expires_at: datetime
    token_type: str = "Bearer"  # noqa: S105  RFC 6750


@route(router, "GET", "/grants", scope=KeyScope.GRANTS_READ, answer=Grants, known=[404])
def list_grants(
    request: ApiRequest,
    health: Health | None = None,
    integration: Id | None = None,
    hostname: Hostname | None = None,
    user: Name | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> Grants:
    """Grants that the key reaches, newest first, without tokens."""
    wanted = Q() if health is None else WHERE[health]
    named = {"app": integration, "user__username": user}
    wanted &= Q(**{name: value for name, value in named.items() if value is not None})
    wanted &= Q() if hostname is None else administered.linked_at([hostname])
    found, next_cursor = page_of(_reached(request.auth).filter(wanted), cursor, limit)
    return Grants(items=[_facts(grant) for grant in found], next_cursor=next_cursor)


@route(router, "GET", "/grants/{id}", scope=KeyScope.GRANTS_READ, answer=GrantFacts, known=[404])
def read_grant(request: ApiRequest, id: Id) -> GrantFacts:
    """One grant, without tokens."""
    return _facts(_grant(request, id))


@route(
    router, "POST", "/grants/{id}/renew",
    scope=KeyScope.GRANTS_WRITE, answer=GrantFacts, status=202, known=[404, 409],
)  # fmt: skip
def renew_grant(request: ApiRequest, id: Id) -> GrantFacts:
    """Let the next sweep renew it before all others."""
    grant = _grant(request, id)
    if not on_demand.make_due([grant], now=request.auth.now, is_asked=True):
        raise NotLinked
    tasks.wake_sweep()
    return _facts(_grant(request, id))


@route(
    router, "POST", "/grants/{id}/disconnect",
    scope=KeyScope.GRANTS_WRITE, answer=GrantFacts, known=[404, 409],
)  # fmt: skip
def disconnect_grant(request: ApiRequest, id: Id) -> GrantFacts:
    """Delete its tokens at once, and tell Webex where it lets us. Its user must link again."""
    only = Grant.objects.filter(pk=_grant(request, id).pk)
    if not disconnection.end_each(only, by=None, reason="by a program", now=request.auth.now):
        raise NotLinked
    return _facts(_grant(request, id))


@route(
    router, "POST", "/grants/{id}/access-token",
    scope=KeyScope.TOKENS_READ, answer=AccessToken, known=[404, 409, 415], is_repeatable=True,
)  # fmt: skip
def hand_out_access_token(request: ApiRequest, id: Id, wish: TokenWish) -> AccessToken:
    """An access token of this grant that lives at least so long. Never a refresh token.

    It is on record that it was handed out. Whoever has it acts at Webex as this user: keep it no
    longer than you need it, and ask for the next one here.
    """
    grant, now = _grant(request, id), request.auth.now
    life = timedelta(seconds=wish.minimum_life)
    is_at_hand = grant.is_usable(until=now + life)
    with nullcontext() if is_at_hand else share.hold(grant.user_id):
        token = handing_out.access_token(grant, minimum_life=life, now=now)
    return AccessToken(access_token=token.access_token, expires_at=token.expires_at)


def _grant(request: ApiRequest, id: int) -> Grant:
    grant = _reached(request.auth).filter(pk=id).first()
    if grant is None:
        raise problems.not_found("grant")
    return grant


def _reached(client: Client) -> QuerySet[Grant]:
    return Grant.objects.select_related("user", "app").filter(
        administered.linked_within(client.reach)
    )


def _health(grant: Grant) -> Health:
    if grant.status == Grant.Status.DISCONNECTED:
        return Health.DISCONNECTED
    if grant.right_lost_at:
        return Health.RIGHT_LOST
    if grant.status == Grant.Status.CONSENT_LOST:
        return Health.NEEDS_USER
    return Health.FAILING if grant.failing_since else Health.HEALTHY


def _facts(grant: Grant) -> GrantFacts:
    return GrantFacts(
        id=grant.pk,
        user=grant.user.username,
        integration=grant.app_id,
        hostname=grant.hostname or grant.app.hostname_of_older_grants,
        health=_health(grant),
        webex_person_id=grant.person_id,
        webex_email=grant.person_email,
        webex_name=grant.person_name,
        webex_org_id=grant.org_id,
        scopes=sorted(grant.scopes),
        granted_at=grant.granted_at,
        refreshed_at=grant.refreshed_at,
        refresh_due_at=grant.refresh_due_at,
        access_token_expires_at=grant.access_token_expires_at,
        refresh_token_expires_at=grant.refresh_token_expires_at,
        failing_since=grant.failing_since,
        last_error=grant.last_error,
        last_tracking_id=grant.last_tracking_id,
    )
