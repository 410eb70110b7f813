"""Celery, for device linking: one polling loop per worker, however many messages wake it."""

from celery import shared_task

from integrations.linking import device_polling
from integrations.tasks import publish, wake
from integrations.tasks.guarded import Guarded, good_for
from integrations.tasks.one_per_worker import OnePerWorker

GOOD_FOR = 5.0  # seconds, of a message
# Seconds of one loop: shorter than the pause between two sweeps, so that a worker with a single
# process gets to them, and short enough for a worker that is told to stop.
TIME_BOX = 10.0
_loop = OnePerWorker()


@shared_task(base=Guarded, name="integrations.device_tasks.poll_device_authorizations")
def poll_device_authorizations() -> None:
    with _loop.alone() as mine:
        more = mine and device_polling.poll_due(seconds=TIME_BOX)
    if more:
        publish(poll_device_authorizations, good_for(GOOD_FOR))  # behind whatever else is waiting


def wake_polling() -> None:
    wake(poll_device_authorizations, good_for(GOOD_FOR))
