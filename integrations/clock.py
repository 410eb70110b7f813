"""The time. Entry points read it once and hand it down as `now`."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """The database's clock (one query), so that hosts whose clocks differ agree on what is due."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]
