"""What becomes of API keys: made, used, rotated, revoked. All but the use is on record."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rights
from accounts.models import User
from integrations.actions import Action
from integrations.errors import KeyRefused, KeyRotated
from integrations.models import ApiKey, AuditEvent
from integrations.operations.check import Check, Level

logger = logging.getLogger(__name__)

MOST_LOOKED_AT = 200  # keys


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
        reached = old.reach.hostname_ids
        life = old.expires_at - old.created_at if old.expires_at else None
        successor, secret = ApiKey.objects.make(
            name=old.name,
            scopes=old.scopes,
            app_ids=old.app_ids,
            hostname_ids=None if reached is None else sorted(reached),
            expires_at=now + life if life else None,
            created_by=by,
            created_at=now,
            replaces=old,
        )
        AuditEvent.objects.record(
            Action.API_KEY_ROTATED, old, reason=f"→ {successor.prefix}…", now=now
        )
    return successor, secret


def take_over(key: ApiKey, *, by: User, now: datetime) -> None:
    """Who made it has gone, and `by` answers for it from now on. What it may do stays."""
    with transaction.atomic():
        alive = ApiKey.objects.alive(now).filter(pk=key.pk)
        alive.keep_reach()
        if alive.update(created_by=by):
            AuditEvent.objects.record(Action.API_KEY_TAKEN_OVER, key, now=now)


def why_abandoned(keys: Collection[ApiKey]) -> dict[int, str]:
    """By primary key, why nobody answers for it, in words; empty where somebody does."""
    makers = {key.created_by_id: key.created_by for key in keys}
    rights.learn([maker for maker in makers.values() if maker])
    words = {pk: _why_gone(maker) for pk, maker in makers.items()}
    return {key.pk: words[key.created_by_id] for key in keys}


def _why_gone(maker: User | None) -> str:
    if maker is None:
        return _("Whoever made it has no account any more.")
    if not maker.is_active:
        return _("The account of whoever made it is switched off.")
    if not maker.has_perm("integrations.manage_apikey"):
        return _("Whoever made it may not manage keys any more.")
    return ""


def trouble(now: datetime) -> Iterator[Check]:
    """A key belongs to the installation: it works on, but somebody should know that it does."""
    alive = ApiKey.objects.alive(now).select_related("created_by").order_by("pk")
    why = why_abandoned(keys := list(alive[:MOST_LOOKED_AT]))
    abandoned = [key for key in keys if why[key.pk]]
    if abandoned:
        sentence = ngettext(
            "%(n)d API key works for which nobody answers any more: %(name)s.",
            "%(n)d API keys work for which nobody answers any more, such as %(name)s.",
            len(abandoned),
        ) % {"n": len(abandoned), "name": abandoned[0]}
        step = _("Whoever made it has gone. Take it over, or revoke it, under “API keys”.")
        yield Check("api_key", Level.ASKS, sentence, step, is_trouble=True)


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """From the next request on. False where it was revoked already."""
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            return False
        AuditEvent.objects.record(Action.API_KEY_REVOKED, key, now=now)
    return True


def authenticate(secret: str, *, address: str, now: datetime) -> ApiKey:
    """Raises KeyRefused. One query; another at most once a minute."""
    key = ApiKey.objects.sent(secret)
    if key is None:
        raise KeyRefused("unknown_key")
    if not key.is_alive(now):
        reason = "revoked_key" if key.revoked_at else "expired_key"
        logger.warning("API key refused: key=%s reason=%s", key.pk, reason)
        raise KeyRefused(reason)
    ApiKey.objects.note_use(key, address=address, now=now)
    return key
