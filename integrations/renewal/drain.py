"""Renewing everything that is due in one integration, close to the speed of the wire.

1. Claim a small batch, most urgent first, within the rate limit that all workers share.
2. Keep up to REFRESH_CONCURRENCY calls under way over kept-alive connections, starting with one.
3. Commit answers as they arrive, each fenced by the version of its row.
4. Hold refusals back to the end: a burst of them pauses the integration instead.
5. Go on until nothing is due, the integration is paused, or the time is over.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from integrations import fields
from integrations.clock import Ticking
from integrations.database import insist
from integrations.errors import (
    InvalidClient,
    InvalidGrant,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, RenewalMinute, WebexApp
from integrations.models.renewal import Renewal
from integrations.renewal import cross_check, outcomes
from integrations.renewal.claims import Row, Supply
from integrations.renewal.outcomes import Outcome
from integrations.tokens import TokenSet
from integrations.webex import answers, oauth
from integrations.webex.http import Answer
from integrations.webex.multi import Multi

logger = logging.getLogger(__name__)

OUTAGE = 8  # failures in a row without one success
SILENCE = 2  # failures that filled the whole time box: each waited for its deadline
REFUSALS = 3  # bare refusals of distinct grants without one success
BURST, BURST_SHARE = 3, 0.2  # refused grants, and their share of the last answers
RECENT = 50  # answers that are looked at
LARGEST_BURST = 10  # refused grants after which nothing more is asked


def drain(
    app_id: int, *, seconds: float, progress: Callable[[int], None] | None = None
) -> Counter[Outcome]:
    """Renews what is due in this integration. Several may run at once."""
    app = WebexApp.objects.filter(pk=app_id, is_enabled=True).first()
    if app is None:
        return Counter()
    ticking = Ticking()
    if app.is_paused(ticking.now()) or not _may_probe(app, ticking.now()):
        return Counter()
    try:
        app.client_secret  # noqa: B018  decrypted here, once
    except UndecryptableValue:
        outcomes.pause(app, InvalidClient("client secret cannot be decrypted"), now=ticking.now())
        return Counter()
    return Drain(app, ticking, seconds=seconds).run(progress or (lambda done: None))


def _may_probe(app: WebexApp, now: datetime) -> bool:
    """After a pause one process asks with one grant; the others wait for what it finds."""
    if not app.pause_reason:
        return True
    ours = WebexApp.objects.filter(pk=app.pk, refresh_paused_until=app.refresh_paused_until)
    return ours.update(refresh_paused_until=now + timedelta(seconds=settings.REFRESH_CLAIM)) == 1


class Drain:
    def __init__(self, app: WebexApp, ticking: Ticking, *, seconds: float) -> None:
        self.app, self.ticking = app, ticking
        self.ends = time.monotonic() + seconds
        self.client = oauth.Client(app.client_id, app.client_secret or "")
        self.request = oauth.refresh_request(self.client)
        self.supply = Supply(app, ticking)
        self.tally: Counter[Outcome] = Counter()
        self.held: list[tuple[Row, WebexError]] = []
        # The last answers: accepted, or refused without a lost answer that explains it.
        self.recent: deque[bool] = deque(maxlen=RECENT)
        self.window = 1  # grows with each success, so that a wrong secret costs one call
        self.failures_in_a_row = 0
        self.paused = self.has_witness = False
        self.testimony: bool | None = None

    def run(self, progress: Callable[[int], None]) -> Counter[Outcome]:
        with Multi[Row](timeout=settings.WEBEX_TIMEOUT) as calls:
            while self._feed(calls) or len(calls):
                arrived = calls.wait(0.05)
                if arrived:
                    self._take(arrived)
                    progress(self.tally.total())
                elif not len(calls):
                    time.sleep(0.02)  # waiting for its turn
                if self.held and time.monotonic() > self.held[0][0].send_until:
                    self._settle_held()  # before their claims end
        self._settle_held()
        self.supply.close()
        if renewed := self.tally[Outcome.RENEWED]:
            RenewalMinute.objects.add(renewed, now=self.ticking.now())
            if not self.paused:
                outcomes.end_incident(self.app, now=self.ticking.now())
        return +self.tally

    # --- feeding ---------------------------------------------------------------------------------

    def _feed(self, calls: Multi[Row]) -> bool:
        """Starts calls while there is room; False once no more will be started."""
        while len(calls) < self.window:
            if self.paused or time.monotonic() >= self.ends:
                self.supply.release()
                return False
            row = self.supply.take(window=self.window)
            if row is None:
                return not self.supply.is_exhausted
            self._start(calls, row)
        return True

    def _start(self, calls: Multi[Row], row: Row) -> None:
        try:
            row.refresh_token = fields.decrypt(row.ciphertext)
        except UndecryptableValue:
            error = WebexUnavailable("undecryptable")
            self._count(insist(lambda: self._judge(row, error), [row.pk]))  # no fault of Webex
            return
        calls.add(row, self.request(row.refresh_token))

    # --- answers ---------------------------------------------------------------------------------

    def _take(self, arrived: list[tuple[Row, Answer | WebexUnavailable]]) -> None:
        renewals: list[Renewal] = []
        failures: list[tuple[Row, WebexError]] = []
        for row, answer in arrived:
            verdict = (
                answers.judge(answer, row.claimed_at) if isinstance(answer, Answer) else answer
            )
            if isinstance(verdict, TokenSet):
                tokens = verdict.renewing(row.refresh_token)
                renewals.append(Renewal(row.pk, row.version, tokens))
            else:
                failures.append((row, verdict))
        if renewals:
            self._store(renewals)
        for row, error in failures:
            self._fail(row, error)

    def _store(self, renewals: list[Renewal]) -> None:
        keys = [each.grant_id for each in renewals]
        late = insist(lambda: Grant.objects.store_renewals(renewals, now=self.ticking.now()), keys)
        self.tally[Outcome.RENEWED] += len(renewals) - len(late)
        self.tally[Outcome.OUTRUN] += len(late)
        self.failures_in_a_row = 0
        self.recent.extend([True] * len(renewals))
        self.window = min(self.window + len(renewals), settings.REFRESH_CONCURRENCY)
        insist(lambda: outcomes.resume(self.app), [])
        insist(self.supply.prove, [])

    def _fail(self, row: Row, error: WebexError) -> None:
        self.failures_in_a_row += 1
        if isinstance(error, InvalidGrant | Refused):
            self.held.append((row, error))
            if not insist(lambda: self._is_explained(row), [row.pk]):
                self.recent.append(False)
            is_large = self._is_burst() and self.recent.count(False) >= LARGEST_BURST
            if is_large or self._refuses_everybody():
                self._pause(error)
            return
        self._count(insist(lambda: self._judge(row, error), [row.pk]))
        if outcomes.concerns_integration(error) or self._is_outage():
            self._pause(error)

    def _judge(self, row: Row, error: WebexError) -> Outcome:
        grant = self._grant(row)
        if grant is None:
            return Outcome.OUTRUN
        if outcomes.concerns_integration(error):
            return outcomes.released(grant)
        return outcomes.later(grant, error, now=self.ticking.now())

    def _grant(self, row: Row) -> Grant | None:
        grants = Grant.objects.select_related("app")
        ours = {"version": row.version, "claimed_until": row.claimed_until}
        return grants.filter(pk=row.pk, **ours).first()

    # --- trouble that is not one grant's own -----------------------------------------------------

    def _is_outage(self) -> bool:
        in_silence = self.failures_in_a_row >= SILENCE and time.monotonic() >= self.ends
        only_silence = in_silence and not self.tally[Outcome.RENEWED]
        return self.supply.is_probing or self.failures_in_a_row >= OUTAGE or only_silence

    def _refuses_everybody(self) -> bool:
        if any(self.recent):
            return False
        return bool(self.held) if self.supply.is_probing else len(self.recent) >= REFUSALS

    def _is_burst(self) -> bool:
        refused = self.recent.count(False)
        return refused >= BURST and refused >= BURST_SHARE * len(self.recent)

    def _is_explained(self, row: Row) -> bool:
        """What a killed worker leaves behind is refused for that reason, and is no burst."""
        rows = Grant.objects.filter(pk=row.pk, last_error__startswith=outcomes.ANSWER_LOST)
        return rows.exists()

    def _pause(self, error: WebexError) -> None:
        if not self.paused:
            self.paused = True
            insist(lambda: outcomes.pause(self.app, error, now=self.ticking.now()), [])

    def _settle_held(self) -> None:
        """A first refusal inside a burst is put in doubt; outside of one it stands."""
        if self._is_burst() and self.held:
            self._pause(self.held[-1][1])
        elif self.held:  # perhaps by another drain, which saw more of the burst
            self.paused |= insist(self.supply.is_held, [])
        for row, error in self.held:
            self._count(insist(partial(self._refuse, row, error), [row.pk]))
        self.held.clear()
        self.has_witness = False

    def _refuse(self, row: Row, error: WebexError) -> Outcome:
        grant, now = self._grant(row), self.ticking.now()
        if grant is None:
            return Outcome.OUTRUN
        refused_before = outcomes.was_refused_before(grant, now=now)
        nobody = not any(self.recent)  # was accepted
        in_burst = self.paused and (self.supply.is_probing or nobody or not refused_before)
        in_doubt = in_burst or outcomes.in_doubt(grant, error, now=now)
        if isinstance(error, Refused) and not in_doubt:
            accepted = self._accepts_others()
            in_doubt = self._are_several() if accepted is None else not accepted
        return (outcomes.suspected if in_doubt else outcomes.lost)(grant, error, now=now)

    def _are_several(self) -> bool:
        """So many that have nobody to compare them with: rather trouble of the integration."""
        refused = Grant.objects.failing().filter(app=self.app.pk).exclude(suspect_since=None)
        keys = {row.pk for row, _error in self.held}
        return len(keys) + refused.exclude(pk__in=keys).count() >= REFUSALS

    def _accepts_others(self) -> bool | None:
        """Where none of the last answers tells, somebody without trouble of their own is asked."""
        if any(self.recent) or self.paused:
            return any(self.recent)
        if not self.has_witness:
            self.testimony = cross_check.is_accepted(self.app, self.client, self.ticking)
            self.has_witness = True
            if self.testimony:
                self.recent.append(True)
                self.tally[Outcome.RENEWED] += 1
        return self.testimony

    def _count(self, outcome: Outcome) -> None:
        self.tally[outcome] += 1
