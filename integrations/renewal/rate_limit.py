"""Rate limits that all processes share, as reservations in the database: for an integration's token
calls, for the REST calls that jobs make with one user's grant, and for requests of an API key.

The generic cell rate algorithm with one column: the moment up to which calls are reserved.
"""

from datetime import datetime, timedelta
from math import inf
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from integrations.clock import LEEWAY
from integrations.models import ApiKey, Grant, WebexApp

AHEAD = timedelta(seconds=2)  # how much may be reserved at once


def reserve(app: WebexApp, *, most: int, now: datetime) -> tuple[int, timedelta]:
    """How many token calls may start now; where none may, how long to wait."""
    row = WebexApp.objects.filter(pk=app.pk)
    return _reserve(row, settings.REFRESH_CALLS_PER_MINUTE, most, now)


def calls_per_minute() -> float:
    """As many token calls of an integration may start; infinite where there is no limit."""
    limit = settings.REFRESH_CALLS_PER_MINUTE
    return timedelta(minutes=1) / _interval(limit) if limit else inf


def reserve_rest(grant: Grant, *, most: int, now: datetime) -> tuple[int, timedelta]:
    """The same for a job's REST calls: Webex counts them by user (contract 8.1).

    People who click reserve nothing: the limit leaves room for them. The grant's version stays, so
    that no renewal under way is disturbed.
    """
    row = Grant.objects.filter(pk=grant.pk)
    return _reserve(row, settings.WEBEX_JOB_CALLS_PER_MINUTE, most, now)


def reserve_requests(key: ApiKey, *, most: int, now: datetime) -> tuple[int, timedelta]:
    """The same for what a key asks of us."""
    row = ApiKey.objects.filter(pk=key.pk)
    return _reserve(row, settings.API_REQUESTS_PER_MINUTE, most, now)


def _reserve(row: QuerySet[Any], limit: int, most: int, now: datetime) -> tuple[int, timedelta]:
    if not limit:
        return most, timedelta(0)
    interval = _interval(limit)
    ahead = max(AHEAD, interval)  # or a low limit would never allow a single call
    for _attempt in range(5):
        reserved = row.values_list("calls_reserved_until", flat=True).get()
        begins = max(reserved or now, now)
        if begins > now + ahead + LEEWAY:
            begins = now
        calls = min(most, int((now + ahead - begins) / interval))
        if calls < 1:
            return 0, begins + interval - now - ahead
        ours = row.filter(calls_reserved_until=reserved)
        if ours.update(calls_reserved_until=begins + calls * interval) == 1:
            return calls, timedelta(0)
    return 0, interval


def _interval(limit: int) -> timedelta:
    """A little slower than the limit, so that no minute holds more, wherever it begins."""
    return (timedelta(minutes=1) + AHEAD) / limit
