"""A slow Webex holds a bounded share of the web server's threads; nobody else waits for it."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.errors import WebexBusy

MOST, MOST_PER_USER = 4, 2  # of the threads of one process (config/gunicorn.py)
SLOW = 5.0  # seconds; so many slow ones in a row, and for a while nobody is made to wait
SLOW_IN_A_ROW, REST = 3, 10.0  # seconds


class Share:
    """Of one process. After slow answers it rests, then lets one at a time try."""

    def __init__(self, slow: float = SLOW) -> None:
        self._slow = slow
        self._lock = threading.Lock()
        self._waiting: Counter[int | None] = Counter()
        self._slow_in_a_row, self._rests_until = 0, 0.0

    @contextmanager
    def hold(self, user_id: int | None) -> Iterator[None]:
        """While Webex is asked for this user. Raises WebexBusy."""
        with self._lock:
            if self._waiting.total() >= self._most() or self._waiting[user_id] >= MOST_PER_USER:
                raise WebexBusy
            self._waiting[user_id] += 1
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= Counter([user_id])
                self._took(time.monotonic() - began)

    def _most(self) -> int:
        if self._slow_in_a_row < SLOW_IN_A_ROW:
            return MOST
        return 1 if time.monotonic() > self._rests_until else 0

    def _took(self, seconds: float) -> None:
        self._slow_in_a_row = self._slow_in_a_row + 1 if seconds > self._slow else 0
        self._rests_until = time.monotonic() + REST


share = Share()
# Of the identity providers: two threads for each, and none makes the people of others wait.
provider_share = Share(slow=float("inf"))
