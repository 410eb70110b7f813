"""A key with which another program uses the API: what it may do, where, and until when."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.statement import Statement
from integrations import plain_text
from integrations.models.limited_administrator import (
    LimitedAdministrator,
    Limits,
    limits_of,
)

MARK = "wim_"  # so that secret scanners, and people, know one when they see it
SHOWN = len(MARK) + 6  # characters that tell keys apart, of 47
NOTED_EVERY = timedelta(minutes=1)


class KeyScope(models.TextChoices):
    """What a key may do. Names never change: programs and documents have them, too."""

    STANDING_READ = "standing:read", _("See whether a user is linked at a hostname")
    GRANTS_READ = "grants:read", _("List grants and see how they stand, without tokens")
    GRANTS_WRITE = "grants:write", _("Renew and disconnect grants")
    LINKS_WRITE = "connect-links:write", _("Make links with which users link their account")
    TOKENS_READ = "tokens:read", _("Get access tokens of users: whoever has them acts as they do")
    INTEGRATIONS_READ = "integrations:read", _("See integrations and their hostnames")
    CONFIGURATION = "configuration", _("Read and change integrations, hostnames and brands")
    SUBSCRIBERS_READ = "subscribers:read", _("Find subscribers in a user's name")
    SUBSCRIBERS_WRITE = "subscribers:write", _("Provision, change and remove them in a user's name")


def digest_of(secret: str) -> str:
    """SHA-256 is enough: 256 random bits cannot be guessed, so a slow hash such as PBKDF2, which
    is for what people think up, would protect nothing and cost each request 0.3 seconds."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Reach:
    """The integrations and hostnames that somebody's requests are about; None is all of them."""

    app_ids: frozenset[int] | None = None
    hostname_ids: frozenset[int] | None = None

    def covers(self, *, app_id: int | None = None, hostname_id: int | None = None) -> bool:
        is_app = self.app_ids is None or app_id in self.app_ids
        return is_app and (self.hostname_ids is None or hostname_id in self.hostname_ids)

    def within(self, limits: Limits | None) -> "Reach":
        if limits is None:
            return self
        ids = limits.ids if self.hostname_ids is None else self.hostname_ids & limits.ids
        return replace(self, hostname_ids=ids)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def make(self, **columns: object) -> tuple["ApiKey", str]:
        """The key, and what to send; only the digest of that is kept."""
        secret = MARK + secrets.token_urlsafe(32)
        return self.create(prefix=secret[:SHOWN], digest=digest_of(secret), **columns), secret

    def sent(self, secret: str) -> "ApiKey | None":
        """With who made it and what limits them."""
        key, maker, limit = BY_DIGEST.first(digest_of(secret)) or (None, None, None)
        if key and maker:
            key.created_by = maker
            User._meta.get_field("limited_administrator").set_cached_value(maker, limit)
        return key

    def alive(self, now: datetime) -> "ApiKeyQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def keep_reach(self) -> None:
        """What limits their makers now limits them whoever makes or answers for them later."""
        for key in self.select_related("created_by"):
            if (ids := key.reach.hostname_ids) is not None:
                self.filter(pk=key.pk).update(hostname_ids=sorted(ids))

    def note_use(self, key: "ApiKey", *, address: str, now: datetime) -> None:
        """Once a minute at most, or each request would write, and queue for the row."""
        if key.last_used_at is None or abs(now - key.last_used_at) > NOTED_EVERY:
            self.filter(pk=key.pk).update(last_used_at=now, last_used_address=address)


class ApiKey(models.Model):
    name = models.CharField(_("name"), max_length=100, validators=[plain_text.validate_visible])
    prefix = models.CharField(_("begins with"), max_length=SHOWN, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("may"), default=list)
    # Ids, not relations: when the last of them is deleted, nothing is left to reach, not all.
    app_ids = models.JSONField(_("only these integrations"), null=True)
    hostname_ids = models.JSONField(_("only these hostnames"), null=True)
    created_at = models.DateTimeField(_("made"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    expires_at = models.DateTimeField(_("expires"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)
    last_used_address = models.CharField(_("from"), max_length=45, blank=True)
    replaces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="successors", editable=False
    )
    calls_reserved_until = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        default_permissions = ("view",)
        permissions = [("manage_apikey", gettext_noop("Can make, rotate and revoke API keys"))]

    def __str__(self) -> str:
        return plain_text.isolated(self.name)

    @property
    def audit_label(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def reach(self) -> Reach:
        """Never beyond what its maker administers: who loses a hostname loses it here, too."""
        own = Reach(_set(self.app_ids), _set(self.hostname_ids))
        return own.within(limits_of(self.created_by))

    @property
    def scopes_in_words(self) -> list[str]:
        return [str(scope.label) for scope in KeyScope if scope in self.scopes]

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def is_alive(self, now: datetime) -> bool:
        return self.revoked_at is None and not self.is_expired(now)


BY_DIGEST = Statement(
    """
    SELECT {its}, {maker}, {narrowed}
    FROM integrations_apikey its
    LEFT JOIN accounts_user maker ON maker.id = its.created_by_id
    LEFT JOIN integrations_limitedadministrator narrowed ON narrowed.user_id = maker.id
    WHERE its.digest = %s
    """,
    reads={"maker": ("id", "username", "is_superuser", "is_active"), "narrowed": ("id", "user")},
    its=ApiKey,
    maker=User,
    narrowed=LimitedAdministrator,
)


def _set(ids: Collection[int] | None) -> frozenset[int] | None:
    return None if ids is None else frozenset(ids)
