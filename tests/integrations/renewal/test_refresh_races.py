"""Renewals that meet: each other, a new consent, a disconnect, an edited integration.

Threads with real transactions, on SQLite and on PostgreSQL, against strict rotation: there a
second use of a refresh token would kill the whole family.
"""

import time
from collections import Counter

import pytest

from integrations import clock
from integrations.errors import WebexUnavailable
from integrations.linking import consent
from integrations.models import Grant, WebexApp
from integrations.renewal import on_demand
from integrations.renewal.outcomes import Outcome
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations import sweeping
from tests.integrations.conftest import TOKENS, reread
from tests.integrations.refusals import raw, rows
from tests.integrations.renewal.racing import Meanwhile, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _strict(sandbox, settings):
    sandbox.scenario.rotation = "strict"
    settings.WEBEX_TIMEOUT = 5


def ask(grant):
    return lambda: on_demand.access_token(reread(grant), now=clock.now()).value


def sweep():
    return sweeping.sweep(seconds=5)


def wait_for_call(sandbox, count=1):
    deadline = time.monotonic() + 5
    while sandbox.ledger.count(TOKENS) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("callers", [2, 12])
def test_callers_at_the_same_moment_cost_one_call_and_share_its_token(
    acme, link, expire, sandbox, callers
):
    grant = expire(link("alice", acme))
    sandbox.scenario.latency = 0.15

    answers = together(callers, ask(grant))

    tokens = {answer.result() for answer in answers}
    assert tokens == {reread(grant).access_token}
    assert sandbox.ledger.count(TOKENS) == sandbox.ledger.concurrency_per_grant == 1
    assert sandbox.ledger.reuse == 0
    assert reread(grant).refresh_token == sandbox.ledger.tip(ALICE_AT_WEBEX, acme.client_id)


def test_if_the_winner_fails_the_others_do_not_try_again(acme, link, expire, sandbox):
    grant = expire(link("alice", acme))
    sandbox.fault(TOKENS, status=503, delay=0.15, times=None)

    answers = together(6, ask(grant))

    assert {type(answer.exception()) for answer in answers} == {WebexUnavailable}
    assert sandbox.ledger.count(TOKENS) == 1


def test_if_webex_refuses_the_winner_nobody_else_sends_the_token(acme, link, expire, sandbox):
    grant = expire(link("alice", acme))
    sandbox.fault(TOKENS, status=400, body=b'{"error":"invalid_grant"}', delay=0.15, times=None)

    answers = together(6, ask(grant))

    assert {type(answer.exception()) for answer in answers} == {WebexUnavailable}
    assert sandbox.ledger.count(TOKENS) == 1


def test_sweeps_at_the_same_moment_share_the_work(acme, link, sandbox):
    grants = [link(f"user{number}", acme) for number in range(10)]
    sandbox.scenario.latency = 0.02

    outcomes = sum((each.result() for each in together(4, sweep)), Counter())

    assert outcomes[Outcome.RENEWED] == sandbox.ledger.count(TOKENS) == len(grants)
    assert (sandbox.ledger.concurrency_per_grant, sandbox.ledger.reuse) == (1, 0)
    for grant in map(reread, grants):
        assert grant.refresh_token == sandbox.ledger.tip(grant.person_email, acme.client_id)


def test_a_sweep_and_a_caller_do_not_both_renew(acme, link, expire, sandbox):
    grant = expire(link("alice", acme))
    sandbox.scenario.latency = 0.2
    sweeping = Meanwhile(sweep)
    wait_for_call(sandbox)

    token = ask(grant)()

    assert sweeping.result() == {Outcome.RENEWED: 1}
    assert token == reread(grant).access_token
    assert sandbox.ledger.count(TOKENS) == 1


def renewal_under_way(sandbox, grant, fault=None):
    sandbox.ledger.clear()
    on_demand.make_due([grant], now=clock.now())
    sandbox.fault(TOKENS, delay=0.5, **fault or {"after": True})
    sweeping = Meanwhile(sweep)
    wait_for_call(sandbox)
    return sweeping


@pytest.mark.parametrize("fault", [None, {"status": 400, "body": b'{"error":"invalid_grant"}'}])
def test_a_new_consent_during_a_renewal_wins(alice_browser, linked_alice, sandbox, fault):
    sweeping = renewal_under_way(sandbox, linked_alice, fault)

    alice_browser.link(ALICE_AT_WEBEX)
    consented = rows(Grant)

    assert sweeping.result() == {Outcome.SUPERSEDED: 1}
    assert rows(Grant) == consented
    grant = reread(linked_alice)
    live = {token.value: token for token in sandbox.ledger.tokens}[grant.refresh_token]
    assert (grant.status, live.replaced_at, live.revoked_at) == ("ACTIVE", None, None)
    assert {call.method for call in sandbox.ledger.calls} == {"GET", "POST"}  # nothing revoked
    assert alice_browser.badge() == "linked"


def test_a_caller_superseded_by_a_new_consent_gets_the_new_token(
    alice_browser, linked_alice, expire, sandbox
):
    grant = expire(linked_alice)
    sandbox.fault(TOKENS, delay=0.5, after=True)
    asking = Meanwhile(ask(grant))
    wait_for_call(sandbox, 1)

    alice_browser.link(ALICE_AT_WEBEX)
    consented = rows(Grant)

    assert asking.result() == reread(grant).access_token
    assert rows(Grant) == consented


def test_a_disconnect_during_a_renewal_is_final(alice_browser, linked_alice, sandbox):
    sweeping = renewal_under_way(sandbox, linked_alice)

    alice_browser.post("/webex/disconnect/")

    assert sweeping.result() == {Outcome.SUPERSEDED: 1}
    assert reread(linked_alice).status == Grant.Status.DISCONNECTED
    assert raw(linked_alice, "refresh_token") is raw(linked_alice, "access_token") is None


def test_a_user_deleted_during_a_renewal_stays_deleted(linked_alice, alice, sandbox):
    sweeping = renewal_under_way(sandbox, linked_alice)

    alice.delete()

    assert sweeping.result() == {Outcome.SUPERSEDED: 1}
    assert not Grant.objects.exists()


def test_disabling_the_integration_keeps_the_answer_that_was_under_way(linked_alice, sandbox):
    sweeping = renewal_under_way(sandbox, linked_alice)

    WebexApp.objects.update(is_enabled=False)

    assert sweeping.result() == {Outcome.RENEWED: 1}
    grant = reread(linked_alice)
    assert grant.refresh_token == sandbox.ledger.tip(ALICE_AT_WEBEX, grant.app.client_id)


def test_two_returns_with_the_same_state_spend_the_code_once(alice_browser, alice, sandbox, acme):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    sandbox.scenario.latency = 0.1

    pages = [each.result() for each in together(4, lambda: alice_browser.come_back(redirect))]

    statuses = sorted(page.status_code for page in pages)
    assert statuses[0] == 303
    assert set(statuses[1:]) <= {400, 503}, "refused, or told at once that Webex is busy"
    assert sandbox.ledger.count(TOKENS) == 1


def test_a_flood_of_starts_leaves_few_open(alice_browser, alice, acme):
    brand = acme.branded_urls.first()

    def start():
        for _ in range(5):
            consent.begin(
                user=alice, brand=brand, browser_binding="x", next_path="", now=clock.now()
            )

    for each in together(4, start):
        each.result()

    # Ten, and one for each of the other three that was not committed yet.
    assert 10 <= alice.authorization_requests.count() <= 13
