"""The time. Entry points read it once and hand it down as `now`.

Who finds a moment further ahead than its thing can last takes it for over: the clock was ahead when
it was written, and set back since.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

from django.db import connection

from integrations.database import AWAY

LEEWAY = timedelta(minutes=1)  # moments that were read one after the other differ


def now() -> datetime:
    """The database's clock (one query), so that hosts whose clocks differ agree on what is due."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def lately() -> datetime:
    """The same without a query, and wrong for some seconds where that clock is set."""
    return _ticking().now()


def ahead() -> float:
    """Seconds by which this machine's clock is ahead of the database's."""
    before = time.time()
    moment = now().timestamp()
    return (before + time.time()) / 2 - moment


class Ticking:
    """The database's clock, asked now and then and carried on by this machine's own ticking.

    For loops: neither a query for each turn nor a moment that grows old.
    """

    ASKED_EVERY = 5.0  # seconds: it may be set meanwhile

    def __init__(self) -> None:
        self.ask()

    def now(self) -> datetime:
        if time.monotonic() - self._asked[1] > self.ASKED_EVERY:
            with suppress(*AWAY):
                self.ask()
        moment, at = self._asked
        return moment + timedelta(seconds=time.monotonic() - at)

    def ask(self) -> datetime:
        """For a claim: after a step, a moment of before would not see those of others."""
        self._asked = now(), time.monotonic()  # one assignment: threads share what `lately` reads
        return self._asked[0]


@cache
def _ticking() -> Ticking:
    return Ticking()
