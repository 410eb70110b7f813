"""A link that support sends somebody, so that they link their Webex account: for one person, at one
hostname, once, for half an hour. It opens nothing without that person's own sign-in.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.branded_url import BrandedURL

if TYPE_CHECKING:
    from accounts.models import User

LIFETIME = timedelta(minutes=30)
KEPT = timedelta(days=1)


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class ConnectLinkQuerySet(models.QuerySet["ConnectLink"]):
    def make(self, *, user: "User", brand: BrandedURL, now: datetime) -> tuple["ConnectLink", str]:
        """The link, and the token in its address; only the digest of that is kept."""
        token = secrets.token_urlsafe(32)
        return self.create(digest=digest_of(token), user=user, brand=brand, made_at=now), token

    def by_token(self, token: str) -> "ConnectLink | None":
        return self.filter(digest=digest_of(token)).select_related("user", "brand").first()

    def use(self, link: "ConnectLink", *, now: datetime) -> bool:
        """Once: one conditional UPDATE decides among clicks that race."""
        fresh = self.filter(pk=link.pk, used_at=None, made_at__gt=now - LIFETIME)
        return fresh.update(used_at=now) == 1

    def forgettable(self, now: datetime) -> "ConnectLinkQuerySet":
        return self.filter(made_at__lt=now - KEPT)


class ConnectLink(models.Model):
    class Purpose(models.TextChoices):
        CONNECT = "connect", _("link their Webex account")

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.CONNECT)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    brand = models.ForeignKey(BrandedURL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    objects = ConnectLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link to connect")
        verbose_name_plural = _("links to connect")

    def __str__(self) -> str:
        return f"connect link {self.pk}"

    @property
    def audit_label(self) -> str:
        return f"{self.user.get_username()} · {self.brand.hostname}"

    @property
    def hostname(self) -> str:
        return self.brand.hostname

    @property
    def expires_at(self) -> datetime:
        return self.made_at + LIFETIME

    def is_over(self, now: datetime) -> bool:
        """Also where the clock was ahead when it was made."""
        return not self.made_at - timedelta(minutes=1) <= now < self.expires_at
