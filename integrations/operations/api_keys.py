"""What becomes of API keys: made, used, rotated, revoked. All but the use is on record."""

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import KeyRefused, KeyRotated
from integrations.models import ApiKey, AuditEvent
from integrations.models.api_key import digest_of

logger = logging.getLogger(__name__)


def make(
    *,
    name: str,
    scopes: Collection[str],
    app_ids: Collection[int] | None,
    hostname_ids: Collection[int] | None,
    expires_at: datetime | None,
    by: User | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """With what to send, which nobody sees again."""
    with transaction.atomic():
        key, secret = ApiKey.objects.make(
            name=name,
            scopes=sorted(scopes),
            app_ids=None if app_ids is None else sorted(app_ids),
            hostname_ids=None if hostname_ids is None else sorted(hostname_ids),
            expires_at=expires_at,
            created_by=by,
            created_at=now,
        )
        reason = " ".join(key.scopes)
        AuditEvent.objects.record(Action.API_KEY_MADE, key, reason=reason, now=now)
    return key, secret


def rotate(key: ApiKey, *, by: User | None, now: datetime) -> tuple[ApiKey, str]:
    """A successor that may do the same for as long; the old one works on until it is revoked.

    Raises KeyRotated where that was done already, or there is nothing alive to succeed.
    """
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=key.pk)
        if not old.is_alive(now) or old.successors.filter(revoked_at=None).exists():
            raise KeyRotated
        life = old.expires_at - old.created_at if old.expires_at else None
        successor, secret = ApiKey.objects.make(
            name=old.name,
            scopes=old.scopes,
            app_ids=old.app_ids,
            hostname_ids=old.hostname_ids,
            expires_at=now + life if life else None,
            created_by=by,
            created_at=now,
            replaces=old,
        )
        AuditEvent.objects.record(
            Action.API_KEY_ROTATED, old, reason=f"→ {successor.prefix}…", now=now
        )
    return successor, secret


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """From the next request on. False where it was revoked already."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            return False
        AuditEvent.objects.record(Action.API_KEY_REVOKED, key, now=now)
    return True


def authenticate(secret: str, *, address: str, now: datetime) -> ApiKey:
    """Raises KeyRefused. One query; another at most once a minute."""
    known = ApiKey.objects.select_related("created_by__limited_administrator")
    key = known.filter(digest=digest_of(secret)).first()
    if key is None:
        raise KeyRefused("unknown_key")
    if not key.is_alive(now):
        reason = "revoked_key" if key.revoked_at else "expired_key"
        logger.warning("API key refused: key=%s reason=%s", key.pk, reason)
        raise KeyRefused(reason)
    ApiKey.objects.note_use(key, address=address, now=now)
    return key
