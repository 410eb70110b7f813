"""What an administrator does to a webhook: make, change, test, give a new secret, send again."""

from datetime import datetime

from django.db import transaction

from integrations.actions import Action
from integrations.errors import WebhookOff
from integrations.models import AuditEvent, WebhookDelivery, WebhookEndpoint, announcement

State = WebhookDelivery.State


def save(endpoint: WebhookEndpoint, *, changed: set[str], now: datetime) -> str:
    """Returns the secret of a new one, which nobody can read later; else nothing."""
    with transaction.atomic():
        if endpoint.pk is None:
            endpoint.created_at = now
            secret = endpoint.replace_secret(now)
            endpoint.save()
            AuditEvent.objects.record(Action.WEBHOOK_ADDED, endpoint, changed=changed, now=now)
            return secret
        if changed:
            endpoint.save(update_fields=changed | _switched(endpoint, changed, now))
            AuditEvent.objects.record(Action.WEBHOOK_CHANGED, endpoint, changed=changed, now=now)
    return ""


def _switched(endpoint: WebhookEndpoint, changed: set[str], now: datetime) -> set[str]:
    """What else changes where somebody switched it."""
    if "is_enabled" not in changed or not endpoint.is_enabled:
        return set()
    WebhookDelivery.objects.waiting().filter(endpoint=endpoint).update(next_attempt_at=now)
    return set(endpoint.switch_on())


def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    """Returns the new one. The old one signs, too, for another day."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        secret = endpoint.replace_secret(now)
        endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
        action, changed = Action.WEBHOOK_SECRET_ROTATED, ["secret"]
        AuditEvent.objects.record(action, endpoint, changed=changed, now=now)
    return secret


def switch_on(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """What waited is sent. Raises WebhookOff where it has no secret to sign with."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, secret__isnull=True).exists():
        raise WebhookOff
    with transaction.atomic():
        endpoint.is_enabled = True
        endpoint.save(update_fields=_switched(endpoint, {"is_enabled"}, now))
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
    """With the same webhook-id; once, unless it waited anyway. Raises WebhookOff."""
    if not delivery.endpoint.is_enabled:
        raise WebhookOff
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    with transaction.atomic():
        if not rows.waiting().update(next_attempt_at=now):
            rows.update(state=State.WAITING, next_attempt_at=now, give_up_at=now)
        AuditEvent.objects.record(Action.WEBHOOK_SENT_AGAIN, delivery, now=now)


def delete(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """With what waits for it and its log."""
    with transaction.atomic():
        AuditEvent.objects.record(Action.WEBHOOK_DELETED, endpoint, now=now)
        endpoint.delete()
