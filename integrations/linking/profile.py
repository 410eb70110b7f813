"""My Webex: what Webex knows about the linked person, asked for when the page is opened."""

from datetime import datetime

from django.core.cache import cache

from accounts.models import User
from integrations.errors import NotLinked
from integrations.models import BrandedURL, Grant
from integrations.renewal import on_demand
from integrations.webex import people
from integrations.webex.http import Deadline

PAGE_SECONDS = 15.0
KEPT = 10.0  # seconds; whoever reloads the page again and again asks Webex once


def fetch(user: User, brand: BrandedURL | None, *, now: datetime) -> people.Profile:
    """Raises NotLinked, InsufficientScope, WebexUnavailable or UndecryptableValue."""
    app = brand.app if brand else None
    grant = Grant.objects.filter(user=user, app=app).select_related("app", "user").first()
    if grant is None or grant.status != Grant.Status.ACTIVE or not grant.app.is_enabled:
        raise NotLinked
    key = f"integrations.profile.{grant.pk}.{grant.version}"
    return cache.get(key) or _ask_webex(grant, key, now)


def _ask_webex(grant: Grant, key: str, now: datetime) -> people.Profile:
    deadline = Deadline(PAGE_SECONDS)
    profile = on_demand.with_bearer(
        grant, lambda bearer: people.my_profile(bearer, deadline=deadline), now=now
    )
    cache.set(key, profile, KEPT)
    return profile
