"""Renewing everything that is due in one integration, close to the speed of the wire.

1. Claim a small batch, most urgent first, within the rate limit that all workers share.
2. Keep up to REFRESH_CONCURRENCY calls under way over kept-alive connections, starting with one.
3. Commit answers as they arrive, each fenced by the version of its row.
4. Keep refusals until it is known what they mean (`refusals`).
5. Go on until nothing is due, the integration is paused, or the time is over.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from integrations import fields
from integrations.clock import Ticking
from integrations.database import retry_write
from integrations.errors import (
    InvalidClient,
    InvalidGrant,
    Refused,
    TokenLimit,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, RenewalMinute, WebexApp
from integrations.models.renewal import Renewal
from integrations.renewal import outcomes
from integrations.renewal.claims import Claims, Row
from integrations.renewal.client_secrets import Clients
from integrations.renewal.outcomes import Outcome
from integrations.renewal.refusals import Refusals
from integrations.tokens import TokenSet
from integrations.webex import answers, oauth
from integrations.webex.http import Answer, Request
from integrations.webex.multi import Multi

logger = logging.getLogger(__name__)

OUTAGE = 8  # failures in a row without one answer
SILENCE = 2  # failures that filled the whole time box: each waited for its deadline


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
        self.clients = Clients(app, now=ticking.now())
        self.requests: dict[oauth.Client, Callable[[str], Request]] = {}
        self.claims = Claims(app, ticking)
        self.refusals = Refusals(self.clients, ticking, self.claims)
        self.tally: Counter[Outcome] = Counter()
        self.window = 1  # grows with each success, so that a wrong secret costs one call
        self.failures_in_a_row = 0

    def run(self, progress: Callable[[int], None]) -> Counter[Outcome]:
        with Multi[Row](timeout=settings.WEBEX_TIMEOUT) as calls:
            while self._feed(calls) or len(calls):
                arrived = calls.wait(0.05)
                if arrived:
                    self._take(arrived)
                    progress(self.tally.total())
                elif not len(calls):
                    time.sleep(0.02)  # waiting for its turn
                if self.refusals.must_be_decided:
                    self.tally += self.refusals.decide()
        self.tally += self.refusals.decide()
        self.claims.close()
        if renewed := self.tally[Outcome.RENEWED]:
            RenewalMinute.objects.add(renewed, now=self.ticking.now())
            if not self.refusals.trouble and not self.claims.is_paused:
                outcomes.end_incident(self.app, now=self.ticking.now())
        outcomes.count(self.app, self.tally)
        return +self.tally

    # --- feeding ---------------------------------------------------------------------------------

    def _feed(self, calls: Multi[Row]) -> bool:
        """Starts calls while there is room; False once no more will be started."""
        while len(calls) < self.window:
            if self.claims.is_paused or time.monotonic() >= self.ends:
                self.claims.release()
                return False
            row = self.claims.take(window=self.window)
            if row is None:
                return not self.claims.is_exhausted
            self._start(calls, row)
        return True

    def _start(self, calls: Multi[Row], row: Row) -> None:
        try:
            row.refresh_token = fields.decrypt(row.ciphertext)
        except UndecryptableValue:
            self._record(row, WebexUnavailable("undecryptable"))  # no fault of Webex
            return
        row.client = client = self.clients.current
        if client not in self.requests:
            self.requests[client] = oauth.refresh_request(client)
        calls.add(row, self.requests[client](row.refresh_token))

    # --- answers ---------------------------------------------------------------------------------

    def _take(self, arrived: list[tuple[Row, Answer | WebexUnavailable]]) -> None:
        renewals: list[Renewal] = []
        failures: list[tuple[Row, WebexError]] = []
        for row, answer in arrived:
            if isinstance(answer, Answer):
                result = answers.parse_token_answer(answer, row.claimed_at)
            else:
                result = answer
            if isinstance(result, TokenSet):
                tokens = result.renewing(row.refresh_token)
                renewals.append(Renewal(row.pk, row.version, tokens))
            else:
                failures.append((row, result))
        if renewals:
            self._store(renewals)
        for row, error in failures:
            self._fail(row, error)

    def _store(self, renewals: list[Renewal]) -> None:
        keys = [each.grant_id for each in renewals]
        late = retry_write(
            lambda: Grant.objects.store_renewals(renewals, now=self.ticking.now()), keys
        )
        self.tally[Outcome.RENEWED] += len(renewals) - len(late)
        self.tally[Outcome.SUPERSEDED] += len(late)
        self.failures_in_a_row = 0
        self.refusals.accepted(len(renewals))
        self.window = min(self.window + len(renewals), settings.REFRESH_CONCURRENCY)
        self.clients.has_worked = True
        self.clients.remember(now=self.ticking.now())
        retry_write(lambda: outcomes.resume(self.app), [])
        retry_write(self.claims.mark_working, [])

    def _fail(self, row: Row, error: WebexError) -> None:
        if self._was_sent_with_a_refused_secret(row, error):
            retry_write(row.release, [row.pk])  # and asked again with the other one
            return
        if isinstance(error, InvalidGrant | Refused):
            self.failures_in_a_row = 0  # an answer: Webex is there
            if not self.refusals.add(row, error):
                self.tally[Outcome.SUPERSEDED] += 1
            self.tally += self.refusals.look()
            if self.refusals.trouble:
                self.window = max(self.window // 2, 1)
            return
        if isinstance(error, TokenLimit):  # an answer too, about this account alone
            self.failures_in_a_row = 0
            self._record(row, error)
            return
        self.failures_in_a_row += 1
        self._record(row, error)
        if outcomes.concerns_integration(error) or self._is_outage():
            self.claims.pause(error)

    def _was_sent_with_a_refused_secret(self, row: Row, error: WebexError) -> bool:
        if row.client is not self.clients.current:
            return isinstance(error, InvalidClient | Refused)
        return isinstance(error, InvalidClient) and self.clients.switch()

    def _record(self, row: Row, error: WebexError) -> None:
        def record() -> Outcome:
            grant = row.grant()
            if grant is None:
                return Outcome.SUPERSEDED
            if outcomes.concerns_integration(error):
                return outcomes.release(grant)
            return outcomes.retry_later(grant, error, now=self.ticking.now())

        self.tally[retry_write(record, [row.pk])] += 1

    def _is_outage(self) -> bool:
        in_silence = self.failures_in_a_row >= SILENCE and time.monotonic() >= self.ends
        only_silence = in_silence and not self.tally[Outcome.RENEWED]
        return self.claims.is_probing or self.failures_in_a_row >= OUTAGE or only_silence
