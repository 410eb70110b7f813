"""Is the database away? One place that knows, and that repeats a write until it is back."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

AWAY = (OperationalError, InterfaceError, InternalError)  # the last one: it is read-only
NO_SUCH = "no such "  # table, column: SQLite says OperationalError to a programmer's fault too
NOT_READY = (DatabaseError, InterfaceError)  # away, or without our tables
COMMIT_PATIENCE = 90.0  # seconds for which answers wait in memory for the database
PAUSE = 0.2  # seconds between two attempts


def is_away(error: Exception) -> bool:
    return isinstance(error, AWAY) and not str(error).startswith(NO_SUCH)


def retry_write(
    write: Callable[[], T],
    ids: Iterable[object],
    *,
    kind: str = "grants",
    patience: float = COMMIT_PATIENCE,
) -> T:
    """Repeats a whole transaction while the database is away: what Webex answered exists only here.

    A connection that broke is closed, so each attempt has a fresh one. A commit whose confirmation
    was lost is repeated too: `write` must bear that. `patience` is in seconds; raises one of AWAY
    when it is over.
    """
    gives_up, is_said = time.monotonic() + patience, False
    while True:
        try:
            return write()
        except AWAY as error:
            if not is_away(error):
                raise
            connection.close()
            if time.monotonic() > gives_up:
                logger.critical("Answers of Webex could not be stored: %s=%s", kind, list(ids))
                raise
        if not is_said:
            logger.warning("The database is away, answers wait for it: %s=%s", kind, list(ids))
            is_said = True
        time.sleep(PAUSE)
