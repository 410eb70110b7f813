"""My Webex: what Webex knows about the linked person, asked for when the page is opened."""

from datetime import datetime

from accounts.models import User
from integrations.errors import NotLinked
from integrations.models import BrandedURL, Grant
from integrations.renewal import on_demand
from integrations.webex import api
from integrations.webex.http import Deadline

PAGE_SECONDS = 15.0


def of(user: User, brand: BrandedURL | None, *, now: datetime) -> api.Profile:
    """Raises NotLinked, InsufficientScope, WebexUnavailable or UndecryptableValue."""
    app = brand.app if brand else None
    grant = Grant.objects.filter(user=user, app=app).select_related("app", "user").first()
    if grant is None:
        raise NotLinked
    deadline = Deadline(PAGE_SECONDS)
    return on_demand.with_bearer(
        grant, lambda bearer: api.my_profile(bearer, deadline=deadline), now=now
    )
