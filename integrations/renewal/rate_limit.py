"""A rate limit per integration that all workers share: reservations in the database.

The generic cell rate algorithm with one column: the moment up to which calls are reserved.
"""

from datetime import datetime, timedelta

from django.conf import settings

from integrations.clock import LEEWAY
from integrations.models import WebexApp

AHEAD = timedelta(seconds=2)  # how much may be reserved at once


def reserve(app: WebexApp, *, most: int, now: datetime) -> tuple[int, timedelta]:
    """How many calls may start now; where none may, how long to wait."""
    limit = settings.REFRESH_CALLS_PER_MINUTE
    if not limit:
        return most, timedelta(0)
    # A little slower than the limit, so that no minute holds more, wherever it begins.
    interval = (timedelta(minutes=1) + AHEAD) / limit
    ahead = max(AHEAD, interval)  # or a low limit would never allow a single call
    for _attempt in range(5):
        reserved = WebexApp.objects.values_list("calls_reserved_until", flat=True).get(pk=app.pk)
        begins = max(reserved or now, now)
        if begins > now + ahead + LEEWAY:
            begins = now
        calls = min(most, int((now + ahead - begins) / interval))
        if calls < 1:
            return 0, begins + interval - now - ahead
        ours = WebexApp.objects.filter(pk=app.pk, calls_reserved_until=reserved)
        if ours.update(calls_reserved_until=begins + calls * interval) == 1:
            return calls, timedelta(0)
    return 0, interval
