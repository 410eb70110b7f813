"""What nobody clicks: what is over is forgotten, and tokens end of users who left or may not.

config/deploy/README.md says what is kept for how long.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models

from accounts.models import SessionOwner, SignInFailure
from integrations.linking import disconnection, entitlement
from integrations.models import (
    AppIncident,
    AuthorizationRequest,
    ConnectLink,
    Count,
    DeviceAuthorization,
    GrantEvent,
    Heartbeat,
    IdempotentRequest,
    Lease,
    RenewalMinute,
    WatchedSubscriber,
    WebhookDelivery,
    WebhookEndpoint,
)
from integrations.operations import audit, integrations
from integrations.provisioning.bulk import jobs as bulk_jobs

STEP, MOST_STEPS = 1000, 50  # rows of one statement; statements of one table in one run
LEASES_KEPT = timedelta(days=1)


def tidy(*, now: datetime) -> None:
    AuthorizationRequest.objects.undecided_too_long(now).update(pending_tokens=None)
    integrations.forget_unused_secrets(now=now)
    disconnection.end_for_inactive_users(now=now)
    entitlement.note_changes(now=now)
    entitlement.end_long_lost(now=now)
    WebhookEndpoint.objects.forget_replaced_secrets(now)
    forget(now=now)


def forget(*, now: datetime) -> None:
    """In small steps, so that no lock is held for long; what is left waits for the next run."""
    audit.forget_old(now=now)
    bulk_jobs.forget_old(now=now)
    for forgettable in (
        AuthorizationRequest.objects.stale,
        ConnectLink.objects.forgettable,
        Count.objects.forgettable,
        DeviceAuthorization.objects.all().forgettable,
        Heartbeat.objects.forgettable,
        IdempotentRequest.objects.forgettable,
        RenewalMinute.objects.forgettable,
        SignInFailure.objects.forgettable,
        WatchedSubscriber.objects.no_longer_looked_at,
    ):
        _in_steps(partial(forgettable, now))
    _in_steps(lambda: Lease.objects.filter(expires_at__lt=now - LEASES_KEPT))
    _in_steps(lambda: Session.objects.filter(expire_date__lt=now))
    _in_steps(SessionOwner.objects.without_session)
    history = now - timedelta(days=settings.HISTORY_DAYS)
    deliveries = now - timedelta(days=settings.WEBHOOKS_KEPT_DAYS)
    _oldest_in_steps(WebhookDelivery, "created_at", deliveries)
    _oldest_in_steps(GrantEvent, "at", history)
    _oldest_in_steps(AppIncident, "ended_at", history)
    _oldest_in_steps(LogEntry, "action_time", history)


def _in_steps(over: Callable[[], models.QuerySet[Any]]) -> None:
    for _step in range(MOST_STEPS):
        rows = over()
        keys = list(rows.values_list("pk", flat=True)[:STEP])
        rows.filter(pk__in=keys).delete()
        if len(keys) < STEP:
            return


def _oldest_in_steps(model: type[models.Model], moment: str, before: datetime) -> None:
    """Rows written one after the other are found by their key: no index on the moment is needed."""

    def over() -> models.QuerySet[Any]:
        rows = model._default_manager.order_by("pk").values_list("pk", moment)[:STEP]
        keys = [pk for pk, at in rows if at and at < before]
        return model._default_manager.filter(pk__in=keys)

    _in_steps(over)
