"""Celery: a guard plus one call into a verb. The database knows what is due; messages only wake."""

import logging
import threading
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from integrations import clock
from integrations.operations import encryption_keys, housekeeping, notices
from integrations.renewal import sweep as sweeps
from integrations.tasks.guarded import Guarded, good_for

logger = logging.getLogger(__name__)

GOOD_FOR_A_COUNT = 600.0  # seconds, of a message that somebody asked for


@shared_task(base=Guarded, name="integrations.tasks.sweep")
def sweep() -> None:
    """Wakes a fixed number of drains for each integration that has work; carries no grant ids."""
    apps = sweeps.begin(now=clock.now())
    headers = good_for(settings.REFRESH_SWEEP_EVERY)
    for app_id in apps:
        for _number in range(settings.REFRESH_DRAINS_PER_APP):
            drain_app.apply_async((app_id,), headers=headers)


@shared_task(base=Guarded, name="integrations.tasks.drain_app")
def drain_app(app_id: int) -> None:
    if sweeps.in_turn(app_id, seconds=settings.REFRESH_TIME_BOX):
        publish(drain_app, good_for(settings.REFRESH_SWEEP_EVERY), app_id)


@shared_task(base=Guarded, name="integrations.tasks.tidy")
def tidy() -> None:
    housekeeping.tidy(now=clock.now())


@shared_task(base=Guarded, name="integrations.tasks.send_notices")
def send_notices() -> None:
    notices.send_all(now=clock.now())


@shared_task(base=Guarded, name="integrations.tasks.count_keys")
def count_keys() -> None:
    encryption_keys.count_in_turn(now=clock.now())


def wake_count_of_keys() -> None:
    wake(count_keys, good_for(GOOD_FOR_A_COUNT))


def wake_sweep() -> None:
    wake(sweep, good_for(settings.REFRESH_SWEEP_EVERY))


def wake(task: Any, headers: dict[str, str]) -> None:
    """After the commit, and only a courtesy: without a broker the next regular run does it."""
    # In a thread: a broker that accepts and stays silent would hold the page for seconds.
    publishing = threading.Thread(target=publish, args=(task, headers), daemon=True)
    transaction.on_commit(publishing.start)


def publish(task: Any, headers: dict[str, str], *args: Any) -> None:
    try:
        # Without a policy of its own, even `retry=False` tries to connect for six seconds.
        policy = {"max_retries": 1, "interval_start": 0.2}
        task.apply_async(args, headers=headers, retry=True, retry_policy=policy)
    except (OperationalError, OSError) as error:
        logger.warning("Broker unreachable, the next run will do it: %s", type(error).__name__)
