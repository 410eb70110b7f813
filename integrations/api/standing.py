"""How a user stands at a hostname: what the portal's badge says, for other front ends."""

from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from ninja import Router, Schema

from accounts.models import User
from integrations import hostnames
from integrations.api import problems
from integrations.api.authentication import ApiRequest, Client
from integrations.api.problems import Problem
from integrations.api.routing import route
from integrations.api.schemas import Hostname, Name
from integrations.errors import InvalidHostname
from integrations.linking import link_status
from integrations.linking.link_status import State
from integrations.models import BrandedURL
from integrations.models.api_key import KeyScope

router = Router(tags=["standing"])


class Standing(Schema):
    user: str
    hostname: str
    state: State
    linked: bool
    retrying: bool
    reason: str
    webex_email: str
    missing_scopes: list[str]
    grant: int | None


class SessionFacts(Schema):
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
    who, brand = (_named if client.key else _own)(client, user, hostname)
    status = link_status.for_user(who, brand)
    return Standing(
        user=who.username,
        hostname=brand.hostname if brand else "",
        state=status.state,
        linked=status.is_linked,
        retrying=status.is_retrying,
        reason=status.reason,
        webex_email=status.webex_email,
        missing_scopes=list(status.missing),
        grant=status.grant.pk if status.grant else None,
    )


@route(router, "GET", "/session", scope=None, answer=SessionFacts, sessions=True)
def read_session(request: ApiRequest) -> SessionFacts:
    """Who is signed in at this hostname, and the X-CSRFToken for writes of this page."""
    user = request.auth.user
    assert user is not None
    return SessionFacts(user=user.username, csrf_token=get_token(request))


def _named(client: Client, user: str | None, hostname: str | None) -> tuple[User, BrandedURL]:
    if not user or not hostname:
        text = _("A key says whom and where it means: user and hostname.")
        raise Problem(422, "invalid_request", text)
    brand = brand_of(client, hostname)
    found = User.objects.filter(username=user).first()
    if found is None:
        raise problems.not_found("user")
    return found, brand


def _own(client: Client, user: str | None, hostname: str | None) -> tuple[User, BrandedURL | None]:
    assert client.user is not None
    here = client.brand.hostname if client.brand else ""
    if user not in (None, client.user.username) or hostname not in (None, here):
        raise Problem(
            403, "own_standing_only", _("A page is told about its own user and hostname.")
        )
    return client.user, client.brand


def brand_of(client: Client, hostname: str) -> BrandedURL:
    """Raises Problem where there is none, or the key does not reach it."""
    try:
        brand = BrandedURL.objects.serving(hostnames.normalise(hostname))
    except InvalidHostname:
        brand = None
    if brand is None or not client.reach.covers(app_id=brand.app_id, hostname_id=brand.pk):
        raise problems.not_found("hostname")
    return brand
