"""The database's clock was set back: what was written while it was ahead lies in the future.

Claims, leases and reservations count as over by themselves (`clock.LEEWAY`), and the next sweep
pulls back what rows keep for longer.
"""

import logging
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from integrations.clock import LEEWAY
from integrations.models import (
    AppIncident,
    AuthorizationRequest,
    BrandedURL,
    DeviceAuthorization,
    Grant,
    GrantEvent,
    Heartbeat,
    RenewalMinute,
    WebexApp,
    WebhookDelivery,
    WebhookEndpoint,
)

logger = logging.getLogger(__name__)

PAST: dict[type[models.Model], tuple[str, ...]] = {  # what can have happened only
    AppIncident: ("began_at", "ended_at", "announced_at", "end_announced_at"),
    AuthorizationRequest: ("created_at", "consumed_at", "returned_at"),
    BrandedURL: ("assigned_at", "last_return_at"),
    Grant: ("refreshed_at", "failing_since", "suspect_since", "granted_at", "right_lost_at"),
    GrantEvent: ("at",),
    WebexApp: (
        "client_secret_set_at",
        "client_asked_at",
        "authorization_url_pasted_at",
        "previous_client_secret_used_at",
    ),
    WebhookEndpoint: ("failing_since", "off_at"),
}


def was_set_back(now: datetime) -> bool:
    """Some process gave a sign of life in the future, or renewed something there."""
    late = now + LEEWAY
    minutes = RenewalMinute.objects.filter(minute__gt=late)
    return Heartbeat.objects.filter(at__gt=late).exists() or minutes.exists()


def mend(now: datetime) -> None:
    logger.warning("The database's clock was set back: what lies in the future is due now")
    late = now + LEEWAY
    _resume(now)
    _renew_in_time(now)
    DeviceAuthorization.objects.filter(created_at__gt=late).end(DeviceAuthorization.Status.EXPIRED)
    for model, columns in PAST.items():
        for column in columns:
            rows = model._default_manager.filter(**{f"{column}__gt": late})
            rows.update(**{column: now})
    Heartbeat.objects.filter(at__gt=late).delete()  # last: until then the next sweep mends again
    RenewalMinute.objects.filter(minute__gt=late).delete()


def _resume(now: datetime) -> None:
    """What waits is tried once: how long it had to wait is not known any more."""
    WebexApp.objects.filter(refresh_paused_until__gt=now).update(refresh_paused_until=now)
    Grant.objects.failing().filter(refresh_due_at__gt=now).update(refresh_due_at=now)
    for notices in (AppIncident.objects, GrantEvent.objects, WebhookEndpoint.objects):
        notices.untold().filter(notice_after__gt=now).update(notice_after=None)
    waiting = WebhookDelivery.objects.waiting().filter(claimed_until=None)
    waiting.filter(next_attempt_at__gt=now).update(next_attempt_at=now)


def _renew_in_time(now: datetime) -> None:
    """As if it had been renewed now; a clock that was a year ahead would let it die."""
    step = F("refreshed_at") - now
    renewed = Grant.objects.active().filter(Q(refreshed_at__gt=now + LEEWAY))
    renewed.update(
        access_token_expires_at=F("access_token_expires_at") - step,
        refresh_due_at=F("refresh_due_at") - step,
    )
