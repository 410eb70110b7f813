"""Which row of a job is asked about next, and whether it may be now.

Several workers may be at the same job: a claim says whose row it is, and the rate is shared. What a
killed worker had under way is due again when its claims have run out.
"""

import time
from collections import deque

from django.conf import settings

from integrations.clock import Ticking
from integrations.models import BulkJob, BulkRow
from integrations.models.bulk_row import BulkRowQuerySet
from integrations.renewal import rate_limit

WINDOW = 8  # calls of one job under way at once in one worker
NEXT_LOOK = 0.5  # seconds until the database is asked again, where nothing was due
LONG_WAIT = 2.0  # seconds; so long a worker does other things


class Supply:
    def __init__(self, job: BulkJob, ticking: Ticking) -> None:
        self.job, self._ticking = job, ticking
        self._queue: deque[BulkRow] = deque()
        self._waits_until = 0.0  # monotonic
        self._owed = 0  # calls made beyond what was allowed; they are made up for first
        self.send_until = 0.0  # monotonic; later, the answer could outlive the claim
        self.is_empty = False  # nothing to ask about for a while

    @property
    def window(self) -> int:
        """While Webex does not answer, one call at a time finds out whether it does."""
        return 1 if self.job.failure_count else WINDOW

    def take(self) -> BulkRow | None:
        """None: not now. The row is this worker's until `send_until`."""
        if time.monotonic() < self._waits_until:
            return None
        if not self._queue:
            self._claim()
        elif time.monotonic() > self.send_until:
            self.release()
        return self._queue.popleft() if self._queue and self._is_allowed() else None

    def owe(self, calls: int) -> None:
        self._owed += calls

    def look_again(self) -> None:
        """The job has changed: perhaps it waits."""
        self._waits_until = 0.0
        self.release()

    def release(self) -> None:
        """What was claimed and will not be asked about now."""
        while self._queue:
            self._queue.popleft().write()

    def _claim(self) -> None:
        self._waits_until = time.monotonic() + NEXT_LOOK
        now = self._ticking.ask()
        self.job.refresh_from_db(fields=["status", "waits_until", "failure_count"])
        if self.job.waits_until and self.job.waits_until > now:
            pause = (self.job.waits_until - now).total_seconds()
            self._waits_until, self.is_empty = time.monotonic() + pause, pause > LONG_WAIT
            return
        due = self._due()
        self.is_empty = not due.unclaimed(now).exists()
        if not self.is_empty:  # a claim is a write even if it gets nothing
            seconds = BulkRow.claim_seconds()
            self.send_until = time.monotonic() + settings.WEBEX_TIMEOUT
            self._queue.extend(due.claim(most=self.window, now=now, seconds=seconds))
            self._waits_until = 0.0

    def _due(self) -> BulkRowQuerySet:
        rows = BulkRow.objects.filter(job=self.job)
        if self.job.status == BulkJob.Status.CHECKING:
            return rows.to_check()
        return rows.due(self._ticking.now()) if self.job.is_at_work else rows.none()

    def _is_allowed(self) -> bool:
        wanted = self._owed + 1
        now = self._ticking.now()
        allowed, wait = rate_limit.reserve_rest(self.job.grant, most=wanted, now=now)
        self._owed = max(self._owed - allowed, 0)
        if allowed < wanted:
            self._waits_until = time.monotonic() + wait.total_seconds()
        return allowed == wanted
