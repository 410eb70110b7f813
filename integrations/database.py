"""Is the database away, or older than this code? And a write that is repeated until it is back."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

logger = logging.getLogger(__name__)

T = TypeVar("T")

AWAY = (OperationalError, InterfaceError, InternalError)  # the last one: it is read-only
NO_SUCH = "no such "  # table, column: SQLite says OperationalError to a programmer's fault too
NOT_READY = (DatabaseError, InterfaceError)  # away, or without our tables
COMMIT_PATIENCE = 90.0  # seconds for which answers wait in memory for the database
PAUSE = 0.2  # seconds between two attempts


def is_away(error: Exception) -> bool:
    return isinstance(error, AWAY) and not str(error).startswith(NO_SUCH)


@dataclass
class Schema:
    """Once a process saw that nothing is missing, it asks no more: a schema does not go back."""

    is_complete: bool = False

    def missing(self) -> int:
        """How many migrations of this code the database has not had. Raises DatabaseError."""
        if self.is_complete:
            return 0
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        self.is_complete = not missing
        return len(missing)


schema = Schema()


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
