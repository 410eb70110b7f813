"""Celery, for device linking: one polling loop per worker, however many messages wake it."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task

from integrations.linking import device_polling
from integrations.tasks import publish, wake
from integrations.tasks.guarded import Guarded, good_for

GOOD_FOR = 5.0  # seconds, of a message
# Seconds of one loop: shorter than the pause between two sweeps, so that a worker with a single
# process gets to them, and short enough for a worker that is told to stop.
TIME_BOX = 10.0

# Opened in the worker and inherited by its processes. The lock belongs to a process and ends with
# it, also when it is killed, so no lease has to run out.
with tempfile.TemporaryFile() as file:
    _worker = os.dup(file.fileno())


@shared_task(base=Guarded, name="integrations.device_tasks.poll_device_authorizations")
def poll_device_authorizations() -> None:
    with _only_one_per_worker() as mine:
        more = mine and device_polling.poll_due(seconds=TIME_BOX)
    if more:
        publish(poll_device_authorizations, good_for(GOOD_FOR))  # behind whatever else is waiting


def wake_polling() -> None:
    wake(poll_device_authorizations, good_for(GOOD_FOR))


@contextmanager
def _only_one_per_worker() -> Iterator[bool]:
    try:
        fcntl.lockf(_worker, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.lockf(_worker, fcntl.LOCK_UN)
