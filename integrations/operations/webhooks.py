"""What an administrator does to a webhook, and which of them are in trouble."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from integrations.actions import Action
from integrations.errors import WebhookOff, WebhookOutOfReach
from integrations.models import AuditEvent, WebhookDelivery, WebhookEndpoint, announcement
from integrations.models.limited_administrator import limits_of
from integrations.operations.check import Check, Level
from integrations.operations.renewals import in_words

State, Off = WebhookDelivery.State, WebhookEndpoint.Off
FAILING_LONG = timedelta(minutes=10)
LIMITS = {"events", "app_ids", "hostnames"}
WHERE_AND_WHAT = {"url", "hostnames"}


def save(
    endpoint: WebhookEndpoint, *, changed: set[str], by: User | None = None, now: datetime
) -> str:
    """Returns the secret of a new one, which nobody can read later; else nothing."""
    written = changed
    if changed & WHERE_AND_WHAT:
        endpoint.set_up_by, written = by, changed | {"set_up_by"}
    with transaction.atomic():
        if endpoint.pk is None:
            endpoint.created_at = now
            secret = endpoint.replace_secret(now)
            endpoint.save()
            AuditEvent.objects.record(Action.WEBHOOK_ADDED, endpoint, changed=changed, now=now)
            return secret
        if changed:
            endpoint.save(update_fields=written | _switched(endpoint, changed, by, now))
            if changed & LIMITS:
                _withdraw(endpoint)
            AuditEvent.objects.record(Action.WEBHOOK_CHANGED, endpoint, changed=changed, now=now)
    return ""


def _switched(
    endpoint: WebhookEndpoint, changed: set[str], by: User | None, now: datetime
) -> set[str]:
    """What else changes where somebody switched it."""
    if "is_enabled" not in changed or not endpoint.is_enabled:
        return set()
    waiting = WebhookDelivery.objects.waiting().filter(endpoint=endpoint, claimed_until=None)
    waiting.update(next_attempt_at=now)  # what is claimed is due anyway
    return set(endpoint.switch_on(by))


def withdraw(user: User) -> None:
    """From the webhooks that they set up what they must not know any more."""
    for endpoint in WebhookEndpoint.objects.filter(set_up_by=user):
        _withdraw(endpoint)


def keep_reach(user: User, *, now: datetime) -> None:
    """What limits them limits the webhooks that they set up when they, or the limits, are gone;
    with nothing left to hear of, one is off.
    """
    if (limits := limits_of(user)) is None:
        return
    for endpoint in WebhookEndpoint.objects.filter(set_up_by=user):
        _keep_within(endpoint, limits.hostnames, now)


def _keep_within(endpoint: WebhookEndpoint, reach: frozenset[str], now: datetime) -> None:
    within, record = reach & {*(endpoint.hostnames or reach)}, AuditEvent.objects.record
    if within and within != {*endpoint.hostnames}:
        endpoint.hostnames = sorted(within)
        endpoint.save(update_fields=["hostnames"])
        record(Action.WEBHOOK_CHANGED, endpoint, changed=["hostnames"], now=now)
    elif not within and endpoint.switch_off(Off.NO_REACH, now=now):
        record(Action.WEBHOOK_SWITCHED_OFF, endpoint, reason=Off.NO_REACH.lower(), now=now)


def _withdraw(endpoint: WebhookEndpoint) -> None:
    """What waits, and would not be left for it any more: its limits say who may know."""
    waiting = WebhookDelivery.objects.waiting().filter(endpoint=endpoint)
    unwanted = [each.pk for each in waiting.iterator() if not each.is_wanted_by(endpoint)]
    waiting.filter(pk__in=unwanted).update(state=State.GIVEN_UP, next_attempt_at=None)


def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Returns the new one. The old one signs, too, for another day."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        secret = endpoint.replace_secret(now)
        endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
        action, changed = Action.WEBHOOK_SECRET_ROTATED, ["secret"]
        AuditEvent.objects.record(action, endpoint, changed=changed, now=now)
    return secret


def switch_on(endpoint: WebhookEndpoint, *, by: User, now: datetime) -> None:
    """What waited is sent, and `by` answers for it. Raises WebhookOff without a secret."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, secret__isnull=True).exists():
        raise WebhookOff
    with transaction.atomic():
        endpoint.is_enabled = True
        endpoint.save(update_fields=_switched(endpoint, {"is_enabled"}, by, now))
        AuditEvent.objects.record(Action.WEBHOOK_SWITCHED_ON, endpoint, now=now)


def send_test(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery:
    """It goes the way of all events, whichever were chosen. Raises WebhookOff."""
    if not endpoint.is_enabled:
        raise WebhookOff
    event = announcement.by_hand()
    with transaction.atomic():
        announcement.leave([(endpoint, event)], now=now)
        AuditEvent.objects.record(Action.WEBHOOK_TESTED, endpoint, now=now)
    return WebhookDelivery.objects.get(endpoint=endpoint, event_id=event.id)


def send_again(delivery: WebhookDelivery, *, now: datetime) -> None:
    """With the same webhook-id; once, unless it waited anyway.

    Raises WebhookOff, and WebhookOutOfReach where its limits have changed since.
    """
    if not delivery.endpoint.is_enabled:
        raise WebhookOff
    if not delivery.is_wanted_by(delivery.endpoint):
        raise WebhookOutOfReach
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    with transaction.atomic():
        if not rows.waiting().update(next_attempt_at=now):
            rows.update(state=State.WAITING, next_attempt_at=now, give_up_at=now)
        AuditEvent.objects.record(Action.WEBHOOK_SENT_AGAIN, delivery, now=now)


def trouble(now: datetime) -> Iterator[Check]:
    """Which take nothing: failing for a while, or switched off because of that."""
    failing = Q(is_enabled=True, failing_since__lte=now - FAILING_LONG)
    for endpoint in WebhookEndpoint.objects.filter(failing | ~Q(off_reason="")).order_by("name"):
        if endpoint.off_reason:
            sentence = _("The webhook “%(name)s” switched itself off at %(at)s.")
            step = _("%(reason)s Mend that, and switch it on under “Webhooks”: what waits is sent.")
            step %= {"reason": endpoint.get_off_reason_display()}
        else:
            sentence = _("The webhook “%(name)s” has taken nothing since %(at)s.")
            step = _("Everything is kept and tried again. Its deliveries say what it answers.")
        at = endpoint.off_at or endpoint.failing_since
        values = {"name": endpoint, "at": in_words(at, now) if at else "–"}
        yield Check("webhook", Level.ASKS, sentence % values, step, is_trouble=True, since=at)


def delete(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """With what waits for it and its log."""
    with transaction.atomic():
        AuditEvent.objects.record(Action.WEBHOOK_DELETED, endpoint, now=now)
        endpoint.delete()
