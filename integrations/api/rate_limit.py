"""Requests a minute for each key, all processes together.

They are reserved in the key's row, a quarter of a second's worth at once, so that most requests
write nothing; what this process has reserved and does not spend soon is lost.
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


@dataclass
class Allowance:
    left: int = 0
    ends: float = 0.0  # monotonic


class Allowances:
    """Of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[int, Allowance] = {}

    def spend(self, key: ApiKey, *, now: datetime) -> None:
        """One request. Raises Problem where there are none left."""
        if not settings.API_REQUESTS_PER_MINUTE or self._spend(key.pk):
            return
        most = math.ceil(settings.API_REQUESTS_PER_MINUTE / PER_MINUTE)
        reserved, wait = rate_limit.reserve_requests(key, most=most, now=now)
        if not reserved:
            seconds = max(math.ceil(wait.total_seconds()), 1)
            text = _("This key asks too often. Try again in %(n)d s.") % {"n": seconds}
            headers = {"Retry-After": str(seconds)}
            raise Problem(429, "too_many_requests", text, headers=headers)
        with self._lock:
            self._of[key.pk] = Allowance(reserved - 1, time.monotonic() + GOOD_FOR)

    def _spend(self, pk: int) -> bool:
        with self._lock:
            mine = self._of.get(pk, Allowance())
            if mine.left < 1 or time.monotonic() > mine.ends:
                return False
            mine.left -= 1
            return True


allowances = Allowances()
