"""The worker and its clock: `celery -A config worker`, `celery -A config beat`."""

import logging
import os
import time
from contextlib import suppress
from os import EX_CONFIG
from typing import Any

from billiard import pool
from celery import Celery, signals
from celery.loaders.app import AppLoader
from celery.worker import state

from config.environment import load_settings_or_exit
from integrations import counting

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Tenths of a second for which a process that ends waits until the worker has taken its results. Of
# what it cannot acknowledge it never does: told to end while its broker went, too, it was seen to
# stay for billiard's half a minute.
pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 50


class Loader(AppLoader):
    def config_from_object(self, *args: Any, **kwargs: Any) -> Any:
        load_settings_or_exit()
        return super().config_from_object(*args, **kwargs)


app = Celery("portal", loader="config.celery:Loader")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_django_logging(**kwargs: Any) -> None:
    """Celery would install its own handlers, which do not redact."""


@signals.heartbeat_sent.connect
def _worker_is_alive(sender: Any, **kwargs: Any) -> None:
    """By the name of its node: of two on one machine each is seen."""
    if time.monotonic() - _noted.get("worker", -60.0) > 15:
        _noted["worker"] = time.monotonic()
        note(f"worker {sender.eventer.hostname}")
        _end_with_wrong_key()


@signals.worker_shutdown.connect
def _worker_leaves(sender: Any, **kwargs: Any) -> None:
    """Told to stop, and nothing else: what ends by an error is missed."""
    from integrations import clock
    from integrations.database import NOT_READY
    from integrations.models import Heartbeat

    if not sender.exitcode:
        with suppress(*NOT_READY):
            Heartbeat.objects.leave(f"worker {sender.hostname}", now=clock.now())


_noted: dict[str, float] = {}


def note(name: str) -> None:
    from django.db import connection

    from integrations import clock
    from integrations.database import NOT_READY
    from integrations.operations import health

    try:
        health.beat(name, now=clock.now(), clock_ahead=clock.ahead())
    except NOT_READY:
        connection.close()  # a sign of life that cannot be written is none


@signals.task_prerun.connect
def _say_who_works(task: Any = None, **kwargs: Any) -> None:
    from integrations import actor

    actor.work_as(task.name.rpartition(".")[2])


# --- Metrics ------------------------------------------------------------------------------------


@signals.before_task_publish.connect
def _note_publishing(headers: Any = None, **kwargs: Any) -> None:
    headers["published_at"] = time.time()


@signals.task_prerun.connect
def _note_start(task: Any = None, **kwargs: Any) -> None:
    _noted["task"] = time.monotonic()
    if published_at := task.request.get("published_at"):
        waited = max(time.time() - published_at, 0.0)
        counting.observe("portal_task_wait_seconds", waited, task=task.name)


@signals.task_postrun.connect
def _note_end(task: Any = None, state: str = "", **kwargs: Any) -> None:
    seconds = time.monotonic() - _noted["task"]
    counting.observe("portal_task_duration_seconds", seconds, task=task.name, outcome=state.lower())


@signals.worker_process_init.connect
def _keep_telling(**kwargs: Any) -> None:
    from integrations.operations import metrics

    metrics.keep_telling()


@signals.worker_process_shutdown.connect
def _tell(**kwargs: Any) -> None:
    from integrations.operations import metrics

    metrics.tell()


def _end_with_wrong_key() -> None:
    """It could not be checked at the start, or left since; each task looks before it works."""
    from integrations.database import NOT_READY
    from integrations.errors import WrongEncryptionKey
    from integrations.models import KeyCanary

    try:
        KeyCanary.objects.verify()
    except WrongEncryptionKey as error:
        logger.critical("This worker ends. %s", error)
        state.should_stop = EX_CONFIG  # type: ignore[assignment]  # says None only
    except (*NOT_READY, KeyCanary.DoesNotExist):
        pass


@signals.worker_init.connect
def _check_key(**kwargs: Any) -> None:
    from integrations.startup import check_key_or_exit

    check_key_or_exit()
