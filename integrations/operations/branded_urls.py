"""What an admin does to a branded URL."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import ngettext

from accounts.models import User
from integrations.actions import Action
from integrations.models import (
    AuditEvent,
    BrandedURL,
    Grant,
    WebexApp,
    WebhookDelivery,
    WebhookEndpoint,
    administered,
)
from integrations.operations import limits
from integrations.plain_text import grouped


def add(brands: list[BrandedURL], *, changed: set[str], now: datetime) -> None:
    with transaction.atomic():
        BrandedURL.objects.bulk_create(brands)
        AuditEvent.objects.record_each(Action.HOSTNAME_ADDED, brands, changed=changed, now=now)


def save(brand: BrandedURL, *, changed: set[str], now: datetime) -> None:
    """Only what was `changed` is written: its integration is chosen elsewhere, at any moment."""
    columns = changed & {field.name for field in BrandedURL._meta.concrete_fields}
    with transaction.atomic():
        if brand.pk is None:
            return add([brand], changed=columns, now=now)
        before = BrandedURL.objects.defer("logo").filter(pk=brand.pk).first()
        if before and brand.hostname != before.hostname:
            _rename(brand, before, now)
        if before and before.identity_provider not in (None, brand.identity_provider):
            limits.take_from_people_of(before.identity_provider, brand, now=now)
        brand.save(update_fields=columns)
        if columns:
            AuditEvent.objects.record(Action.HOSTNAME_CHANGED, brand, changed=columns, now=now)


def count_users(app_id: int | None, *, by: User | None = None) -> int:
    """How many linked users may come through each hostname of this integration; of those that
    `by` sees."""
    linked = Grant.objects.not_disconnected().filter(app=app_id)
    return administered.visible(linked, by).count() if app_id else 0


def ask_before_leaving(hostname: str, users: int) -> str:
    """Before a hostname is renamed, released or moved; empty where nobody comes through it."""
    text = ngettext(
        "%(n)s linked user may come through %(hostname)s, which would stop working at once.",
        "%(n)s linked users may come through %(hostname)s, which would stop working at once.",
        users,
    )
    return text % {"n": grouped(users), "hostname": hostname} if users else ""


def delete(brand: BrandedURL, *, now: datetime) -> None:
    with transaction.atomic():
        AuditEvent.objects.record(Action.HOSTNAME_DELETED, brand, now=now)
        brand.delete()


def _rename(brand: BrandedURL, before: BrandedURL, now: datetime) -> None:
    """Nothing is proven of the new redirect URI; who linked at the old one stays with the brand."""
    unproven = BrandedURL.objects.filter(pk=brand.pk)
    unproven.update(last_return_at=None)
    unproven.filter(app__isnull=False).update(assigned_at=now)
    Grant.objects.filter(hostname=before.hostname).update(hostname=brand.hostname)
    older = WebexApp.objects.filter(hostname_of_older_grants=before.hostname)
    older.update(hostname_of_older_grants=brand.hostname)
    told = WebhookDelivery.objects.waiting().filter(hostname=before.hostname)
    told.update(hostname=brand.hostname)
    for webhook in WebhookEndpoint.objects.all():
        if before.hostname in webhook.hostnames:
            names = {*webhook.hostnames} - {before.hostname} | {brand.hostname}
            WebhookEndpoint.objects.filter(pk=webhook.pk).update(hostnames=sorted(names))
