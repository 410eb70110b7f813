"""Links for support to send: whoever they are for opens them, signs in, and links."""

from datetime import datetime

from ninja import Router, Schema

from integrations.api import named
from integrations.api.authentication import ApiRequest
from integrations.api.routing import route
from integrations.api.schemas import Body, Hostname, Name
from integrations.linking import connect_link
from integrations.models.api_key import KeyScope

router = Router(tags=["connect links"])


class Whom(Body):
    user: Name
    hostname: Hostname


class ConnectLinkMade(Schema):
    url: str
    expires_at: datetime


@route(
    router, "POST", "/connect-links",
    scope=KeyScope.LINKS_WRITE, answer=ConnectLinkMade, status=201, known=[404, 409, 415],
)  # fmt: skip
def make_connect_link(request: ApiRequest, whom: Whom) -> ConnectLinkMade:
    """A link with which one user links their Webex account somewhere, once, within 30 minutes.

    Send it to nobody else; whoever opens it must sign in as this user first.
    """
    brand = named.brand(request.auth, whom.hostname)
    user = named.user(request.auth, whom.user, brand)
    made = connect_link.make(user=user, brand=brand, now=request.auth.now)
    return ConnectLinkMade(url=made.url, expires_at=made.expires_at)
