"""Refused refresh tokens of one drain, kept until it is known what the refusals mean."""

import time
from collections import Counter
from functools import partial

from integrations.clock import Ticking
from integrations.database import retry_write
from integrations.errors import InvalidClient, InvalidGrant, WebexError
from integrations.models import AppIncident, Grant
from integrations.renewal import client_probe, cross_check, outcomes
from integrations.renewal.claims import Claims, Row
from integrations.renewal.client_secrets import Clients
from integrations.renewal.outcomes import Outcome
from integrations.renewal.refusal_policy import Client, Refusal, RefusalPolicy, Trouble, Verdict


class Refusals:
    def __init__(self, clients: Clients, ticking: Ticking, claims: Claims) -> None:
        self.app, self.clients, self.ticking, self.claims = clients.app, clients, ticking, claims
        self.policy = RefusalPolicy()
        self._deferred: list[tuple[Row, WebexError, Refusal]] = []
        self._has_looked = self._has_told = False

    def accepted(self, count: int) -> None:
        self.policy.accepted(count)

    def add(self, row: Row, error: WebexError) -> bool:
        """False where a new consent or a disconnect came first."""
        refusal = retry_write(partial(self._read, row, error), [row.pk])
        if refusal:
            self._deferred.append((row, error, self.policy.refused(refusal)))
        return refusal is not None

    @property
    def trouble(self) -> bool:
        return self.policy.trouble is not Trouble.NONE

    @property
    def must_be_decided(self) -> bool:
        """Before the claims of the rows end."""
        return bool(self._deferred) and time.monotonic() > self._deferred[0][0].send_until

    def look(self) -> Counter[Outcome]:
        """Once several are refused and nobody was accepted: is it the client, is it everybody?"""
        self._act_on_burst()
        if self._has_looked or not self.policy.may_be_everybody:
            return Counter()
        return self._gather_proof()

    def decide(self) -> Counter[Outcome]:
        tally: Counter[Outcome] = Counter()
        if self._deferred:
            self.policy.burst_elsewhere = retry_write(self._is_incident_open, [])
            tally += self._gather_proof()
        is_held = self._is_held()
        for row, error, refusal in self._deferred:
            verdict = Verdict.DOUBT if is_held else self.policy.verdict(refusal)
            tally[retry_write(partial(self._write, row, error, verdict), [row.pk])] += 1
        self._deferred.clear()
        return tally

    def _read(self, row: Row, error: WebexError) -> Refusal | None:
        grant, now = row.grant(), self.ticking.now()
        if grant is None:
            return None
        is_explained = grant.last_error.startswith(outcomes.ANSWER_LOST)
        return Refusal(
            is_definite=isinstance(error, InvalidGrant),
            is_repeated=grant.last_error == outcomes.ANSWER_LOST
            or outcomes.was_refused_before(grant, now=now),
            doubted_for=now - (grant.suspect_since or now),
            org_id=grant.org_id,
            is_explained=is_explained,
        )

    def _gather_proof(self) -> Counter[Outcome]:
        self._has_looked = True
        tally: Counter[Outcome] = Counter()
        if not self.policy.has_accepted:
            self.policy.suspects = retry_write(self._count_suspects, [])
            self.policy.client = client_probe.check(self.app, now=self.ticking.now())
            if self.clients.follow(self.policy.client):
                self._set_aside()
                return tally
        if self.policy.client is not Client.REFUSED and self._proof_matters():
            result = cross_check.ask_others(
                self.app,
                self.clients.current,
                self.ticking,
                orgs=self.policy.refused_orgs,
                refused=[row.pk for row, _error, _refusal in self._deferred],
            )
            self.policy.others = result.others
            self.policy.suspects += result.refused
            if result.is_accepted:
                self.policy.accepted()
                tally[Outcome.RENEWED] += 1
                retry_write(lambda: outcomes.resume(self.app), [])
                retry_write(self.claims.mark_working, [])
        self._act_on_trouble()
        return tally

    def _set_aside(self) -> None:
        """They were refused the secret, not the token: as due as they were, for the other one."""
        for row, _error, _refusal in self._deferred:
            retry_write(row.release, [row.pk])
        self._deferred.clear()
        self.policy, self._has_looked = RefusalPolicy(), False

    def _is_held(self) -> bool:
        """Whatever the pause is about may be why; that everybody is refused, the policy weighs."""
        if self.policy.trouble is Trouble.EVERYBODY:
            return False
        return self.claims.is_paused or retry_write(self.claims.is_paused_elsewhere, [])

    def _proof_matters(self) -> bool:
        refusals = [refusal for _row, _error, refusal in self._deferred]
        return self.policy.may_be_everybody or any(map(self.policy.wants_proof, refusals))

    def _count_suspects(self) -> int:
        keys = [row.pk for row, _error, _refusal in self._deferred]
        suspects = Grant.objects.failing().filter(app=self.app.pk).exclude(suspect_since=None)
        return suspects.exclude(pk__in=keys).count()

    def _act_on_trouble(self) -> None:
        trouble = self.policy.trouble
        if trouble is Trouble.CLIENT:
            self.claims.pause(InvalidClient(outcomes.CLIENT_REFUSED))
        elif trouble is Trouble.EVERYBODY and (doubtful := self._doubtful()):
            self.claims.pause(doubtful[-1])
        self._act_on_burst()

    def _doubtful(self) -> list[WebexError]:
        verdicts = [(self.policy.verdict(refusal), error) for _, error, refusal in self._deferred]
        return [error for verdict, error in verdicts if verdict is Verdict.DOUBT]

    def _act_on_burst(self) -> None:
        """At once, so that another drain, which sees less of it, gives nobody up meanwhile."""
        if self.policy.trouble is Trouble.BURST and self._deferred and not self._has_told:
            self._has_told = True
            error, now = self._deferred[-1][1], self.ticking.now()
            retry_write(lambda: outcomes.begin_incident(self.app, error, now=now), [])

    def _is_incident_open(self) -> bool:
        return AppIncident.objects.filter(app=self.app, ended_at=None).exists()

    def _write(self, row: Row, error: WebexError, verdict: Verdict) -> Outcome:
        grant, now = row.grant(), self.ticking.now()
        if grant is None:
            return Outcome.SUPERSEDED
        if self.policy.trouble is Trouble.CLIENT:
            return outcomes.release(grant)
        if verdict is Verdict.CONSENT_LOST:
            return outcomes.mark_consent_lost(grant, error, now=now)
        return outcomes.put_in_doubt(
            grant, error, now=now, wait=outcomes.until_next_look(grant, now)
        )
