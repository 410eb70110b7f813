"""Requests a minute for each key, all processes together; and for each user of a page.

A key's are reserved in its row, a quarter of a second's worth at once, so that most requests write
nothing; what this process has reserved and does not spend soon is lost. Those of pages are counted
by each process for itself, and write nothing at all.
"""

import math
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.api.problems import Problem
from integrations.models import ApiKey
from integrations.renewal import rate_limit

GOOD_FOR = 2.0  # seconds
PER_MINUTE = 240  # reservations, where a key is always busy
SHARE_OF_A_PAGE = 10  # one person asks a tenth of what a program may
BURST = 10.0  # seconds' worth at once, when a page is opened


@dataclass
class Allowance:
    left: int = 0
    ends: float = 0.0  # monotonic


class Allowances:
    """Of one process."""

    def __init__(self) -> None:
        self._lock, self._reserving = threading.Lock(), threading.Lock()
        self._of: dict[int, Allowance] = {}

    def spend(self, key: ApiKey, *, now: datetime) -> None:
        """One request. Raises Problem where there are none left."""
        if not settings.API_REQUESTS_PER_MINUTE or self._spend(key.pk):
            return
        with self._reserving:  # what one thread reserves is for all that wait for it
            if not self._spend(key.pk):
                self._reserve(key, now)

    def _reserve(self, key: ApiKey, now: datetime) -> None:
        most = math.ceil(settings.API_REQUESTS_PER_MINUTE / PER_MINUTE)
        reserved, wait = rate_limit.reserve_requests(key, most=most, now=now)
        if not reserved:
            text = _("This key asks too often. Try again in %(n)d s.")
            raise _too_many(text, wait.total_seconds())
        with self._lock:
            self._of[key.pk] = Allowance(reserved - 1, time.monotonic() + GOOD_FOR)

    def _spend(self, pk: int) -> bool:
        with self._lock:
            mine = self._of.get(pk, Allowance())
            if mine.left < 1 or time.monotonic() > mine.ends:
                return False
            mine.left -= 1
            return True


class PageAllowances:
    """Of one process, by user: up to when requests are spent, by the rule of `rate_limit`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[int, float] = {}  # monotonic

    def spend(self, user_id: int) -> None:
        """One request. Raises Problem where there are none left."""
        if not settings.API_REQUESTS_PER_MINUTE:
            return
        interval = 60 * SHARE_OF_A_PAGE / settings.API_REQUESTS_PER_MINUTE
        now, burst = time.monotonic(), max(BURST, interval)
        with self._lock:
            spent = max(self._spent.get(user_id, now), now) + interval
            if spent <= now + burst:
                self._spent = {pk: until for pk, until in self._spent.items() if until > now}
                self._spent[user_id] = spent
                return
        text = _("This page asks too often. Try again in %(n)d s.")
        raise _too_many(text, spent - now - burst)


def _too_many(text: str, seconds: float) -> Problem:
    wait = max(math.ceil(seconds), 1)
    headers = {"Retry-After": str(wait)}
    return Problem(429, "too_many_requests", text % {"n": wait}, headers=headers)


allowances, of_pages = Allowances(), PageAllowances()
