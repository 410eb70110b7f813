"""The time. Entry points read it once and hand it down as `now`."""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection


def now() -> datetime:
    """The database's clock (one query), so that hosts whose clocks differ agree on what is due."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


class Ticking:
    """The database's clock, asked once and carried on by this machine's own ticking.

    For loops: neither a query for each turn nor a moment that grows old.
    """

    def __init__(self) -> None:
        self._began, self._started = now(), time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._started)
