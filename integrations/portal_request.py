from django.http import HttpRequest

from accounts.models import User
from integrations.models import BrandedURL


class PortalRequest(HttpRequest):
    """What views get: a request to one of our hosts."""

    brand: BrandedURL | None
    user: User
    signed_in_through: str  # the name of an identity provider, from the sign-in on
    authenticated_at: float  # there, seconds since 1970
