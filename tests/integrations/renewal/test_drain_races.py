"""Drains beside each other, beside people, and beside a database that is busy."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from integrations import clock
from integrations.models import Grant
from integrations.renewal import drain, rate_limit
from integrations.webex import answers
from tests.integrations.renewal.draining import drained

pytestmark = pytest.mark.usefixtures("brisk")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_keep_the_limit_in_any_minute(acme, fill, calls, settings, monkeypatch):
    """A minute is shortened to two seconds; the limit is that of the shortened minute."""
    settings.REFRESH_CALLS_PER_MINUTE = 300
    monkeypatch.setattr(rate_limit, "timedelta", scaled(timedelta, 30))
    monkeypatch.setattr(rate_limit, "AHEAD", timedelta(seconds=2 / 30))
    fill(acme, 450)

    together(lambda: drain.drain(acme.pk, seconds=30), 2)

    began = sorted(call.started for call in calls())
    assert len(began) == 450
    held_ready = 2 * settings.REFRESH_CONCURRENCY  # reserved earlier, sent a moment later
    assert busiest(began, window=2.0) <= 300 + held_ready
    assert began[-1] - began[0] < 20, "much slower than allowed"


@pytest.mark.parametrize("limit", [1, 5, 30, 31, 300])
def test_any_limit_however_low_lets_calls_through(acme, settings, limit):
    settings.REFRESH_CALLS_PER_MINUTE = limit
    now, made = clock.now(), []
    for second in range(0, 180):
        moment = now + timedelta(seconds=second)
        allowed, _wait = rate_limit.reserve(acme, most=8, now=moment)
        made += [second] * allowed

    assert busiest(made, window=59) <= limit
    assert len(made) >= 2 * limit


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_never_send_the_same_token(acme, fill, calls, sandbox):
    sandbox.scenario.update({"rotation": "strict", "latency": 0.02})
    fill(acme, 80)

    together(lambda: drain.drain(acme.pk, seconds=20), 3)

    assert len(calls()) == 80
    assert sandbox.ledger.concurrency_per_grant == 1
    assert sandbox.ledger.reuse == 0


def test_an_answer_superseded_by_a_new_consent_is_thrown_away(acme, fill, sandbox, monkeypatch):
    grant = fill(acme)[0]
    judge = answers.parse_token_answer

    def after_a_new_consent(*arguments):
        Grant.objects.filter(pk=grant.pk).update(access_token="newer", version=F("version") + 1)
        return judge(*arguments)

    monkeypatch.setattr(answers, "parse_token_answer", after_a_new_consent)

    assert drained(acme) == {"SUPERSEDED": 1}
    grant.refresh_from_db()
    assert grant.access_token == "newer"


def test_newer_tokens_are_stored_although_the_claim_ended_meanwhile(
    acme, fill, sandbox, monkeypatch
):
    grant = fill(acme)[0]
    judge = answers.parse_token_answer

    def after_the_claim(*arguments):
        Grant.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
        return judge(*arguments)

    monkeypatch.setattr(answers, "parse_token_answer", after_the_claim)

    assert drained(acme) == {"RENEWED": 1}
    grant.refresh_from_db()
    assert grant.access_token == newest_access_token(sandbox)


def newest_access_token(sandbox):
    return [token.value for token in sandbox.ledger.tokens if token.kind == "access"][-1]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_answers_wait_for_a_database_that_is_locked_longer_than_a_call_may_take(
    acme, fill, calls, sandbox, settings
):
    settings.WEBEX_TIMEOUT = 1.0
    sandbox.scenario.update({"rotation": "strict", "latency": 0.3})
    grants = fill(acme, 40)
    holder = threading.Thread(target=hold_the_table, args=(calls, 2.5))
    holder.start()
    drained(acme)
    holder.join()
    drained(acme)

    assert sandbox.ledger.reuse == 0
    for grant in grants:
        grant.refresh_from_db()
        assert grant.refresh_token == sandbox.ledger.tip(grant.person_email, acme.client_id)
        assert grant.last_error == ""


def hold_the_table(calls, seconds):
    while len(calls()) < 12:
        time.sleep(0.01)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("LOCK TABLE integrations_grant")
            else:
                cursor.execute("UPDATE integrations_grant SET scope = scope")
            time.sleep(seconds)
    finally:
        connection.close()


def scaled(kind, factor):
    """`timedelta(minutes=1)` becomes a minute divided by the factor; zero stays zero."""

    def make(*args, **values):
        return kind(*args, **values) / factor

    return make


def together(work, count):
    def run():
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def busiest(moments, *, window):
    return max(sum(0 <= other - start <= window for other in moments) for start in moments)
