"""My Webex: what Webex knows about the linked person, asked for when the page is opened."""

from datetime import datetime

from django.core.cache import cache

from accounts.models import User
from integrations.linking import link_status
from integrations.models import BrandedURL, Grant
from integrations.renewal import on_demand
from integrations.webex import people
from integrations.webex.http import Deadline

PAGE_SECONDS = 15.0
KEPT = 10.0  # seconds; whoever reloads the page again and again asks Webex once


def fetch(user: User, brand: BrandedURL | None, *, now: datetime) -> people.Profile:
    """Raises NotLinked, InsufficientScope, WebexUnavailable or UndecryptableValue."""
    grant = link_status.usable_grant(user, brand)
    key = f"integrations.profile.{grant.pk}.{grant.version}"
    return cache.get(key) or _ask_webex(grant, key, now)


def _ask_webex(grant: Grant, key: str, now: datetime) -> people.Profile:
    deadline = Deadline(PAGE_SECONDS)
    profile = on_demand.with_bearer(
        grant, lambda bearer: people.my_profile(bearer, deadline=deadline), now=now
    )
    cache.set(key, profile, KEPT)
    return profile
