"""Celery, for events to other systems: one loop per worker, which goes on while there are any."""

from celery import shared_task

from integrations.operations import webhook_delivery
from integrations.tasks import publish, wake
from integrations.tasks.guarded import Guarded, good_for
from integrations.tasks.one_per_worker import OnePerWorker

GOOD_FOR = 5.0  # seconds, of a message
TIME_BOX = 5.0  # seconds of one loop; slow receivers may add one call's deadline
_loop = OnePerWorker()


@shared_task(base=Guarded, name="integrations.tasks.webhooks.deliver")
def deliver() -> None:
    with _loop.alone() as mine:
        more = mine and webhook_delivery.deliver(seconds=TIME_BOX)
    if more:
        publish(deliver, good_for(GOOD_FOR))


def wake_deliveries() -> None:
    wake(deliver, good_for(GOOD_FOR))
