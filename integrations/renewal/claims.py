"""What one drain may ask about: rows claimed in small batches, most urgent first.

Bounded by the rate limit that all workers share. Until something was renewed only one drain of an
integration asks, so that a wrong secret costs few calls however many workers there are.
"""

import contextlib
import logging
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from integrations.clock import Ticking
from integrations.database import AWAY, retry_write
from integrations.errors import WebexError
from integrations.models import Grant, Lease, WebexApp
from integrations.renewal import outcomes, rate_limit
from integrations.renewal.outcomes import Outcome
from integrations.webex import oauth

logger = logging.getLogger(__name__)

SOON = 0.2  # seconds
PROBES = 3  # grants with which a paused integration is tried, of several organisations


@dataclass(slots=True)
class Row:
    """What a call needs of a claimed grant, without a model instance."""

    pk: int
    version: int
    claimed_at: datetime  # expiries count from here
    claimed_until: datetime
    send_until: float  # monotonic: later, the answer could outlive the claim
    ciphertext: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)  # once it is sent
    client: oauth.Client | None = None  # with whose secret it was sent

    def grant(self) -> Grant | None:
        """As it is now; None where it is somebody else's by now."""
        grants = Grant.objects.select_related("app")
        ours = {"version": self.version, "claimed_until": self.claimed_until}
        return grants.filter(pk=self.pk, **ours).first()

    def release(self) -> Outcome:
        """As due as it was."""
        grant = self.grant()
        return outcomes.release(grant) if grant else Outcome.SUPERSEDED


class Claims:
    def __init__(self, app: WebexApp, ticking: Ticking) -> None:
        self.app, self.ticking = app, ticking
        self.is_exhausted = self.is_paused = False
        self.is_probing = bool(app.pause_reason)
        self._is_working = False
        self._lease = f"renewing {app.pk}"
        self._lease_until: datetime | None = None
        self._queue: deque[Row] = deque()
        self._waits_until = 0.0  # monotonic
        self._orphans_until: float | None = None  # monotonic

    def take(self, *, window: int) -> Row | None:
        """The next row; None: not now, or exhausted."""
        while self._queue or self._try_claim(window):
            row = self._queue.popleft()
            if time.monotonic() <= row.send_until:
                return row
            self._release([row])
        return None

    def mark_working(self) -> None:
        """Something was renewed: the others need not wait any longer."""
        self._is_working, self.is_probing = True, False
        self._end_lease()

    def pause(self, error: WebexError) -> None:
        """The whole integration, once."""
        if not self.is_paused:
            self.is_paused = True
            retry_write(lambda: outcomes.pause(self.app, error, now=self.ticking.now()), [])

    def release(self) -> None:
        """What was claimed and will not be asked about."""
        self._release([*self._queue])
        self._queue.clear()

    def close(self) -> None:
        self.release()
        with contextlib.suppress(*AWAY):  # it ends by itself
            self._end_lease()

    def is_paused_elsewhere(self) -> bool:
        """Another drain paused the integration, or somebody disabled it."""
        app = WebexApp.objects.filter(pk=self.app.pk, is_enabled=True)
        free = app.exclude(refresh_paused_until__gt=self.ticking.now())
        return not self.is_probing and not free.exists()

    def _try_claim(self, window: int) -> bool:
        """Without the database nothing more is asked; what is under way is still waited for."""
        if self.is_exhausted or time.monotonic() < self._waits_until:
            return False
        try:
            self._claim(window)
        except AWAY as error:
            logger.warning("Nothing more is claimed: %s", type(error).__name__)
            self.is_exhausted = True
            connection.close()
        return bool(self._queue)

    def _claim(self, window: int) -> None:
        if self._orphans_until is None:
            self._orphans_until = self._take_over_orphans()
        if self.is_paused_elsewhere():
            self.is_exhausted = True
            return
        if not self._may_ask():
            self._waits_until = time.monotonic() + SOON
            return
        now = self.ticking.now()
        most = PROBES if self.is_probing else min(settings.REFRESH_BATCH, 4 * window)
        allowed, wait = rate_limit.reserve(self.app, most=most, now=now)
        if not allowed:
            self._waits_until = time.monotonic() + wait.total_seconds()
            return
        self._queue.extend(self._claimed(allowed, self.ticking.ask()))
        if not self._queue:
            self._waits_until = self._orphans_until
            self.is_exhausted = time.monotonic() >= self._orphans_until

    def _take_over_orphans(self) -> float:
        now = self.ticking.now()
        found = outcomes.take_over_orphans(Grant.objects.due_in_app(self.app.pk, now), now=now)
        return time.monotonic() + outcomes.LAST_CHANCE if found else 0.0

    def _claimed(self, most: int, now: datetime) -> list[Row]:
        seconds = settings.REFRESH_CLAIM
        until = now + timedelta(seconds=seconds)
        send_until = time.monotonic() + seconds - settings.WEBEX_TIMEOUT - 1
        columns = ("refresh_due_at", "id", "version", "refresh_token")
        if self.is_probing:
            which = Grant.objects.to_probe_with(self.app.pk, now, most=most)
        else:
            which = Grant.objects.due_in_app(self.app.pk, now)
        rows = which.claim_columns(*columns, most=most, now=now, seconds=seconds)
        if self.is_probing:  # perhaps not due: if we are killed, nobody would take it over for days
            Grant.objects.filter(pk__in=[row[1] for row in rows]).update(refresh_due_at=now)
        return [
            Row(pk, version, now, until, send_until, ciphertext)
            for _due_at, pk, version, ciphertext in sorted(rows)
        ]

    def _may_ask(self) -> bool:
        if self._is_working or self._lease_until:
            return True
        now = self.ticking.now()
        until = now + timedelta(seconds=settings.REFRESH_CLAIM)
        if Lease.objects.take([self._lease], now=now, until=until):
            self._lease_until = until
        return self._lease_until is not None

    def _end_lease(self) -> None:
        if self._lease_until:
            now = self.ticking.now()
            Lease.objects.release(self._lease, until=self._lease_until, now=now)
            self._lease_until = None

    def _release(self, rows: list[Row]) -> None:
        if rows:
            keys, until = [row.pk for row in rows], rows[0].claimed_until
            ours = Grant.objects.filter(pk__in=keys, claimed_until=until)
            with contextlib.suppress(*AWAY):  # claims end by themselves
                ours.update(claimed_by=None, claimed_until=None)
