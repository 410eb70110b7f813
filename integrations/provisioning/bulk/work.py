"""The loop of a worker: supplies say what to ask, threads ask, the loop records what came.

Threads touch no database. A write to Webex is marked in its row, and committed, before it leaves.
"""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.db import connection

from integrations.clock import Ticking
from integrations.database import AWAY, retry_write
from integrations.errors import (
    InsufficientScope,
    JobHalted,
    Refused,
    Rejected,
    WebexError,
    WebexUnavailable,
)
from integrations.models import BulkJob, BulkRow
from integrations.provisioning.bulk import asking, authority, following, jobs, outcomes, pauses
from integrations.provisioning.bulk.asking import Answer, Kind
from integrations.provisioning.bulk.supply import Supply
from integrations.tokens import Bearer
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

THREADS = 24  # of all jobs together
PAUSE = 0.05  # seconds between two looks at what may be sent
BETWEEN_POLLS = 1.0  # seconds until it is looked again whether it is time for one


def work(*, seconds: float) -> bool:
    """At every job, for so long. Whether the time was over before the work was."""
    deadline = Deadline(seconds)
    try:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="bulk") as threads:
            at_work = BulkJob.objects.at_work().select_related("grant__app", "grant__user")
            turns = [Turn(job, threads) for job in at_work]
            try:
                while any(turn.goes_on() for turn in turns) and deadline.remaining() > PAUSE:
                    _record_some(turns, timeout=PAUSE)
            finally:
                for turn in turns:
                    turn.close()
            return any(not turn.is_over for turn in turns)
    except AWAY as error:
        connection.close()
        logger.warning("The database is away, the next run goes on: %s", type(error).__name__)
        return False


def _record_some(turns: "list[Turn]", *, timeout: float) -> None:
    running = [future for turn in turns for future in turn.running]
    if not running:
        time.sleep(timeout)
    done, _ = wait(running, timeout=timeout, return_when=FIRST_COMPLETED)
    for turn in turns:
        turn.record(done)


@dataclass(frozen=True)
class Asked:
    row: BulkRow | None  # None: a poll for all
    bearer: Bearer = field(repr=False)


class Overdue(Exception):
    """So late that somebody else may have the row: nothing was sent."""


class Turn:
    """One job's part of the loop."""

    def __init__(self, job: BulkJob, threads: ThreadPoolExecutor) -> None:
        self.job, self._threads, self._ticking = job, threads, Ticking()
        self.running: dict[Future[Answer], Asked] = {}
        self.is_over = False  # nothing to do until the next turn
        self._supply = Supply(job, self._ticking)
        self._polls_at, self._has_renewed = 0.0, False
        self._bearer = self._begin()

    def _begin(self) -> Bearer | None:
        now = self._ticking.now()
        BulkJob.objects.filter(pk=self.job.pk).update(worked_at=now)
        try:
            return authority.bearer(self.job, now=now)
        except JobHalted as error:
            self._halt(error)
        except WebexUnavailable as error:
            logger.info("No token for bulk job=%s: %s", self.job.pk, error)
            pauses.note_failure(self.job, now=now)
        self.is_over = True
        return None

    def goes_on(self) -> bool:
        """Sends what may be sent. False where nothing is left to do for a while."""
        while not self.is_over and self._bearer and len(self.running) < self._supply.window:
            row = self._supply.take()
            if row is None:
                break
            self._ask(row, self._bearer)
        if not self.is_over and self._bearer and time.monotonic() > self._polls_at:
            self._poll(self._bearer)
        if self._supply.is_empty and not self.running:
            self._end()
        return bool(self.running) or not self.is_over

    def _ask(self, row: BulkRow, bearer: Bearer) -> None:
        row.job = self.job
        if asking.is_write(self.job, row) and not row.mark_sent(self._ticking.now()):
            return
        ask = partial(asking.ask, bearer, self.job, row, asking.fields_of(self.job, row))
        future = self._threads.submit(_in_time, ask, self._supply.send_until)
        self.running[future] = Asked(row, bearer)

    def _poll(self, bearer: Bearer) -> None:
        self._polls_at = time.monotonic() + BETWEEN_POLLS
        if since := following.take(self.job, now=self._ticking.now()):
            future = self._threads.submit(asking.changes, bearer, since)
            self.running[future] = Asked(None, bearer)

    def _end(self) -> None:
        self.is_over = True
        rows = BulkRow.objects.filter(job=self.job)
        is_checking = self.job.status == BulkJob.Status.CHECKING
        left = rows.to_check() if is_checking else rows.open()
        if self.job.is_at_work and not left.exists():
            jobs.finish(self.job, now=self._ticking.now())

    # --- what came -------------------------------------------------------------------------------

    def record(self, done: set[Future[Answer]]) -> None:
        for future in done & self.running.keys():
            asked = self.running.pop(future)
            self._supply.is_empty = False  # what came may have made something due
            ids = [asked.row.pk if asked.row else "poll"]
            write = partial(self._record, asked, future)
            retry_write(write, ids, kind="bulk rows", patience=settings.WEBEX_TIMEOUT)

    def _record(self, asked: Asked, future: Future[Answer]) -> None:
        now, row = self._ticking.now(), asked.row
        try:
            answer = future.result()
        except Overdue:
            if row:
                outcomes.put_back(row)
        except WebexError as error:
            self._record_error(asked, error)
        else:
            self._supply.owe(answer.calls - (0 if row is None else 1))
            if answer.kind is Kind.CHANGES:
                following.record(self.job, answer.changed, now=now)
            elif row:
                outcomes.record(row, answer, now=now)
            pauses.note_success(self.job)

    def _record_error(self, asked: Asked, error: WebexError) -> None:
        now, row = self._ticking.now(), asked.row
        line = row.line if row else "poll"
        logger.info("Bulk job=%s line=%s: %s", self.job.pk, line, error)
        if isinstance(error, Rejected):
            if row:
                is_check = self.job.status == BulkJob.Status.CHECKING
                outcomes.record_rejected(row, error, now=now, is_check=is_check)
            return
        outcomes.record_error(self.job, row, error, now=now)
        if isinstance(error, InsufficientScope):
            reason = BulkJob.StopReason.FORBIDDEN
            self._halt(JobHalted(reason, tracking_id=error.tracking_id))
        elif isinstance(error, Refused) and asked.bearer is self._bearer:
            self._renew(error)
        self._supply.look_again()

    def _renew(self, error: Refused) -> None:
        """One renewal, one more try; what the new token is refused for ends the job."""
        try:
            if self._has_renewed:
                raise JobHalted(BulkJob.StopReason.REFUSED, tracking_id=error.tracking_id)
            self._has_renewed = True
            self._bearer = authority.renewed_bearer(self.job, now=self._ticking.now())
        except JobHalted as halted:
            self._halt(halted)
        except WebexUnavailable:
            self._bearer = None
        self.is_over = self.is_over or self._bearer is None

    def _halt(self, why: JobHalted) -> None:
        self.is_over = True
        if jobs.halt(self.job, why, now=self._ticking.now()):
            logger.warning("Bulk job stopped: job=%s reason=%s", self.job.pk, why.reason)

    def close(self) -> None:
        """Whatever happened, an answer that came is not thrown away."""
        while self.running:
            _record_some([self], timeout=settings.WEBEX_TIMEOUT)
        self._supply.release()


def _in_time(ask: partial[Answer], send_until: float) -> Answer:
    if time.monotonic() > send_until:
        raise Overdue
    return ask()
