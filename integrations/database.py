"""Writes that must not fail: an answer of Webex exists only in this process until it is stored."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

AWAY = (OperationalError, InterfaceError, InternalError)  # the last one: it is read-only
COMMIT_PATIENCE = 90.0  # seconds for which answers wait in memory for the database


def insist(write: Callable[[], T], grant_ids: list[int], *, patience: float = COMMIT_PATIENCE) -> T:
    """Repeats a write while the database is away: the answer exists only here."""
    gives_up, is_said = time.monotonic() + patience, False
    while True:
        try:
            return write()
        except AWAY:
            if time.monotonic() > gives_up:
                logger.critical("Answers of Webex could not be stored: grants=%s", grant_ids)
                raise
        if not is_said:
            logger.warning("The database is away, answers wait for it: grants=%s", grant_ids)
            is_said = True
        connection.close()
        time.sleep(0.2)
