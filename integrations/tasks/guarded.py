"""What is asked before each task runs: is its message still wanted, is our key the right one, and
is the database as new as this code? Else Webex's answer might find no column to be kept in.
"""

import logging
import socket
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from celery import Task

from integrations import clock
from integrations.database import NOT_READY, schema
from integrations.errors import WrongEncryptionKey
from integrations.models import KeyCanary
from integrations.operations import health

logger = logging.getLogger(__name__)


def good_for(seconds: float) -> dict[str, str]:
    """The header of a message that nobody needs later: the next one says the same.

    A moment of the database's clock, which all share. Celery's own `expires` is judged by the
    worker's, and one that is 90 s ahead would drop every message unread. Where the database is
    away it says nothing, and the queue is bounded by beat alone (config/beat.py).
    """
    with suppress(*NOT_READY):
        return {"good_until": (clock.now() + timedelta(seconds=seconds)).isoformat()}
    return {}


class Guarded(Task):  # type: ignore[type-arg]  # untyped
    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        good_until = (self.request.headers or {}).get("good_until")
        if good_until and datetime.fromisoformat(good_until) < clock.now():
            return None
        try:
            KeyCanary.objects.verify()
        except WrongEncryptionKey:
            _refuse()
            return None
        if schema.missing():
            logger.warning("Before “migrate” of this release nothing is done: task=%s", self.name)
            return None
        return super().__call__(*args, **kwargs)


def _refuse() -> None:
    """Before anything is believed undecryptable, or written so that nobody else can read it."""
    host = socket.gethostname()
    health.beat(health.WRONG_KEY + host, now=clock.now())
    logger.critical(
        "The worker on %s has another FIELD_ENCRYPTION_KEY than the database was written with. It "
        "does nothing and ends. Start it again with the key of the other processes. Webex and its "
        "credentials are not at fault.",
        host,
    )
