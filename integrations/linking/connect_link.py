"""Links with which support asks somebody to link their Webex account."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from integrations import hostnames
from integrations.actions import Action
from integrations.errors import LinkRefused, NotOffered
from integrations.linking import link_status
from integrations.models import AuditEvent, BrandedURL, ConnectLink


@dataclass(frozen=True)
class Made:
    url: str = field(repr=False)
    expires_at: datetime


def make(*, user: User, brand: BrandedURL, now: datetime) -> Made:
    """Raises NotOffered where this user could not link there anyhow."""
    if not link_status.for_user(user, brand).is_offered or not user.is_active:
        raise NotOffered
    with transaction.atomic():
        link, token = ConnectLink.objects.make(user=user, brand=brand, now=now)
        AuditEvent.objects.record(Action.CONNECT_LINK_MADE, link, now=now)
    path = reverse("webex_connect_link", args=[token])
    return Made(hostnames.origin(brand.hostname) + path, link.expires_at)


def look(token: str, *, user: User, brand: BrandedURL | None, now: datetime) -> ConnectLink:
    """The link, if it is this user's, for this hostname, and still good. Raises LinkRefused."""
    link = ConnectLink.objects.by_token(token)
    if link is None or link.brand != brand:
        raise LinkRefused("unknown")
    if link.user != user:
        raise LinkRefused("somebody_else")
    if link.used_at:
        raise LinkRefused("used")
    if link.is_over(now):
        raise LinkRefused("expired")
    return link


def use(token: str, *, user: User, brand: BrandedURL | None, now: datetime) -> None:
    """The click that spends it; what follows is `consent.begin`. Raises LinkRefused."""
    link = look(token, user=user, brand=brand, now=now)
    with transaction.atomic():
        if not ConnectLink.objects.use(link, now=now):
            raise LinkRefused("used")
        AuditEvent.objects.record(Action.CONNECT_LINK_USED, link, now=now)
