"""How a user stands at a hostname: what the portal's badge says, for other front ends."""

from django.middleware.csrf import get_token
from ninja import Router
from pydantic import BaseModel

from integrations.api import named, problems
from integrations.api.authentication import ApiRequest
from integrations.api.routing import route
from integrations.api.schemas import Hostname, Name
from integrations.linking import link_status
from integrations.linking.link_status import LinkStatus, State
from integrations.models import BrandedURL
from integrations.models.api_key import KeyScope
from integrations.models.limited_administrator import limits_of

router = Router(tags=["standing"])


class Standing(BaseModel):
    user: str
    hostname: str
    state: State
    linked: bool
    label: str
    retrying: bool
    reason: str
    webex_email: str
    missing_scopes: list[str]
    grant: int | None


class SessionFacts(BaseModel):
    user: str
    csrf_token: str


@route(
    router, "GET", "/standing",
    scope=KeyScope.STANDING_READ, answer=Standing, sessions=True, known=[404],
)  # fmt: skip
def read_standing(
    request: ApiRequest, user: Name | None = None, hostname: Hostname | None = None
) -> Standing:
    """How a user stands at a hostname.

    A key names both. A page of the portal is told about its own user at its own hostname.
    """
    client = request.auth
    if client.user:
        who, here = named.whom(client, user, hostname)
        return _standing(who.username, here, link_status.for_user(who, here))
    username, brand = named.both(client, user, hostname, is_look=True)
    if limits_of(client.maker) is not None:
        named.user(client, username, brand)
    status = link_status.for_username(username, brand)
    if status is None:
        raise problems.not_found("user")
    return _standing(username, brand, status)


@route(router, "GET", "/session", scope=None, answer=SessionFacts, sessions=True)
def read_session(request: ApiRequest) -> SessionFacts:
    """Who is signed in at this hostname, and the X-CSRFToken for writes of this page."""
    user = request.auth.user
    assert user is not None
    return SessionFacts(user=user.username, csrf_token=get_token(request))


def _standing(username: str, brand: BrandedURL | None, status: LinkStatus) -> Standing:
    return Standing(
        user=username,
        hostname=brand.hostname if brand else "",
        state=status.state,
        linked=status.is_linked,
        label=status.label,
        retrying=status.is_retrying,
        reason=status.reason,
        webex_email=status.webex_email,
        missing_scopes=list(status.missing),
        grant=status.grant.pk if status.grant else None,
    )
