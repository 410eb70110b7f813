from typing import TYPE_CHECKING

from django.http import HttpRequest

from accounts.models import User
from integrations.models import BrandedURL

if TYPE_CHECKING:
    from integrations.linking.link_status import LinkStatus


class PortalRequest(HttpRequest):
    """What views get: a request to one of our hosts."""

    brand: BrandedURL | None
    user: User
    signed_in_through: str  # the name of an identity provider, from the sign-in on
    authenticated_at: float  # there, seconds since 1970
    webex_link_status: "LinkStatus"  # from the first time on that a page asks for it
