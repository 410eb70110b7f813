"""Which integrations have work, and how many drains may be at it. The work itself is `drain`."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from integrations import clock
from integrations.actions import Action
from integrations.models import AuditEvent, Grant, Heartbeat, Lease, WebexApp
from integrations.renewal import clock_steps, drain
from integrations.renewal.outcomes import Outcome

logger = logging.getLogger(__name__)

SWEEP = "sweep"  # the name of its heartbeat


def begin(*, now: datetime) -> list[int]:
    """The ids of the integrations to wake drains for."""
    if clock_steps.was_set_back(now):
        clock_steps.mend(now)
    Heartbeat.objects.beat(SWEEP, now=now)
    return apps_with_work(now)


def apps_with_work(now: datetime) -> list[int]:
    """Integrations in which something is due and may be asked for now."""
    running = Q(refresh_paused_until=None) | Q(refresh_paused_until__lte=now)
    enabled = WebexApp.objects.filter(running, is_enabled=True).values_list("pk", flat=True)
    return [pk for pk in enabled if Grant.objects.due_in_app(pk, now).exists()]


def plan(*, name: str | None, everything: bool, now: datetime) -> list[tuple[str, int, int]]:
    """For a foreground run: name, id and number of due grants of each enabled integration."""
    apps = WebexApp.objects.filter(is_enabled=True).order_by("name")
    apps = apps.filter(name=name) if name else apps
    if everything:
        _ask_for_all(apps, now)
    return [(app.name, app.pk, Grant.objects.due_in_app(app.pk, now).count()) for app in apps]


@transaction.atomic
def _ask_for_all(apps: QuerySet[WebexApp], now: datetime) -> None:
    """On record once for each integration: there may be a million grants."""
    Grant.objects.active().filter(app__in=apps, refresh_due_at__gt=now).update(refresh_due_at=now)
    AuditEvent.objects.record_each(Action.INTEGRATION_RENEWAL_ASKED, apps, now=now)


def in_turn(app_id: int, *, seconds: float) -> bool:
    """Drains in one of the integration's places; whether the time was over before the work was.

    Places bound how many drains run at once, however many messages there are. The place of a killed
    worker is free again when its time and its last call would have ended.
    """
    now = clock.now()
    until = now + timedelta(seconds=seconds + settings.WEBEX_TIMEOUT + 2)
    names = [f"drain {app_id} {number}" for number in range(settings.REFRESH_DRAINS_PER_APP)]
    place = Lease.objects.take(names, now=now, until=until)
    if place is None:
        return False
    tally = drain.drain(app_id, seconds=seconds)
    now = clock.now()
    Lease.objects.release(place, until=until, now=now)
    logger.info("Drained: app=%s %s", app_id, dict(tally))
    return tally[Outcome.RENEWED] > 0 and app_id in apps_with_work(now)
