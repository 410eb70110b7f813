"""Celery, for bulk jobs: one loop per worker, which goes on behind whatever else is waiting."""

from celery import shared_task

from integrations.provisioning.bulk import work as bulk
from integrations.tasks import publish, wake
from integrations.tasks.guarded import Guarded, good_for
from integrations.tasks.one_per_worker import OnePerWorker

GOOD_FOR = 5.0  # seconds, of a message
# Seconds of one loop: a worker with a single process gets to its sweeps and device logins between.
TIME_BOX = 5.0
_loop = OnePerWorker()


@shared_task(base=Guarded, name="integrations.tasks.bulk_jobs.work")
def work() -> None:
    with _loop.alone() as mine:
        more = mine and bulk.work(seconds=TIME_BOX)
    if more:
        publish(work, good_for(GOOD_FOR))


def wake_work() -> None:
    wake(work, good_for(GOOD_FOR))
