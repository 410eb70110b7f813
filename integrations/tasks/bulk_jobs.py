"""Celery, for bulk jobs: one loop per worker, which goes on behind whatever else is waiting."""

from celery import shared_task

from integrations.provisioning.bulk import work as bulk
from integrations.tasks import publish, wake
from integrations.tasks.one_per_worker import OnePerWorker

EXPIRES = 5.0  # seconds
# Seconds of one loop: a worker with a single process gets to its sweeps and device logins between.
TIME_BOX = 5.0
_loop = OnePerWorker()


@shared_task(name="integrations.tasks.bulk_jobs.work")
def work() -> None:
    with _loop.alone() as mine:
        more = mine and bulk.work(seconds=TIME_BOX)
    if more:
        publish(work, EXPIRES)


def wake_work() -> None:
    wake(work, expires=EXPIRES)
