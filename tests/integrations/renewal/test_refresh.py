"""What each answer of Webex does to a grant and to its integration."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations import clock
from integrations.models import Grant, GrantEvent
from integrations.renewal import on_demand, outcomes
from integrations.renewal.outcomes import Outcome
from tests.integrations import sweeping
from tests.integrations.conftest import TOKENS, reread
from tests.integrations.refusals import raw

INVALID_GRANT = {"status": 400, "body": b'{"error": "invalid_grant", "trackingId": "NA_7"}'}
SECRETS = ("access_token", "refresh_token")


def sweep():
    return sweeping.sweep(seconds=10)


def seconds_from_now(moment):
    return (moment - clock.now()).total_seconds()


@pytest.fixture
def alice_grant(acme, link):
    return link("alice", acme)


def test_a_success_stores_both_tokens_and_both_expiries_in_one_update(alice_grant, sandbox):
    sandbox.scenario.rotation = "strict"
    sandbox.scenario.override = {"refresh_token_expires_in": 7_697_037}

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert sweep() == {Outcome.RENEWED: 1}

    updates = [entry["sql"] for entry in queries if "SET" in entry["sql"]]
    storing = [sql for sql in updates if "access_token = " in sql]
    assert len(storing) == 1
    for column in ("refresh_token", "access_token_expires_at", "refresh_token_expires_at"):
        assert f"{column} = " in storing[0]
    grant = reread(alice_grant)
    assert grant.refresh_token == sandbox.ledger.tip("alice@acme.example", grant.app.client_id)
    assert seconds_from_now(grant.access_token_expires_at) == pytest.approx(1_209_599, abs=5)
    assert seconds_from_now(grant.refresh_token_expires_at) == pytest.approx(7_697_037, abs=5)


def test_the_next_renewal_is_at_half_life_a_little_earlier_by_chance(acme, link, sandbox):
    for number in range(8):
        link(f"user{number}", acme)

    sweep()

    waits = [seconds_from_now(grant.refresh_due_at) for grant in Grant.objects.all()]
    assert all(0.44 * 1_209_599 < wait <= 0.5 * 1_209_599 for wait in waits)
    assert len({round(wait) for wait in waits}) > 1


def test_a_refresh_token_about_to_die_sets_the_pace(alice_grant, sandbox):
    sandbox.scenario.override = {"refresh_token_expires_in": 3600}

    sweep()

    assert 60 <= seconds_from_now(reread(alice_grant).refresh_due_at) <= 1800


@pytest.mark.slow
def test_fifty_rotations_lose_nothing(alice_grant, sandbox, later):
    sandbox.scenario.rotation = "strict"

    for _ in range(50):
        later(days=8)
        assert sweep() == {Outcome.RENEWED: 1}
        tip = sandbox.ledger.tip("alice@acme.example", alice_grant.app.client_id)
        assert reread(alice_grant).refresh_token == tip

    assert (sandbox.ledger.reuse, sandbox.ledger.count(TOKENS)) == (0, 50)


@pytest.mark.parametrize("override", [{"refresh_token": None}, {"refresh_token": ""}, None])
def test_an_answer_without_refresh_token_leaves_the_old_one(alice_grant, sandbox, override):
    if override:
        sandbox.scenario.override = override
    else:
        sandbox.scenario.omit = ("refresh_token", "refresh_token_expires_in")
    before = raw(alice_grant, "refresh_token")

    assert sweep() == {Outcome.RENEWED: 1}

    assert raw(alice_grant, "refresh_token") == before


def test_narrowed_scopes_are_stored_with_the_tokens(alice_grant, sandbox):
    sandbox.scenario.override = {"scope": "spark:people_read"}

    assert sweep() == {Outcome.RENEWED: 1}

    assert reread(alice_grant).scope == "spark:people_read"


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": status} for status in (500, 502, 503, 504)),
        {"status": 503, "body": b"<h1>x</h1>", "headers": {"Retry-After": "5"}},
        {"status": 404},
        {"status": 200, "body": b"null"},
        {"status": 200, "body": b"[" * 100_000},
        {"status": 200, "body": b'{"access_token": ""}'},
        {"status": 200, "body": b"access_token=EVIL", "headers": {"Content-Type": "text/html"}},
        {"status": 500, "body": b'{"access_token": "EVIL", "token_type": "Bearer"}'},
        {"status": 500, "body": b'{"error": "invalid_grant"}'},
        {"endless": True},
    ],
)
def test_trouble_keeps_the_tokens_and_tries_later(alice_grant, sandbox, fault):
    before = [raw(alice_grant, column) for column in SECRETS]
    sandbox.fault(TOKENS, times=None, **fault)

    assert sweep() == {Outcome.RETRY_LATER: 1}

    grant = reread(alice_grant)
    assert [raw(grant, column) for column in SECRETS] == before
    assert (grant.status, grant.failure_count) == (Grant.Status.ACTIVE, 1)
    assert (grant.suspect_since, grant.claimed_until) == (None, None)
    assert 107 < seconds_from_now(grant.refresh_due_at) < 133
    assert sandbox.ledger.count(TOKENS) == 1
    assert not GrantEvent.objects.exists()


def test_the_back_off_doubles_up_to_an_hour_and_a_success_ends_it(alice_grant, sandbox, later):
    sandbox.fault(TOKENS, status=503, times=None)
    waits = []

    for _ in range(8):
        sweep()
        waits.append(seconds_from_now(reread(alice_grant).refresh_due_at) / 60)
        later(minutes=waits[-1] + 0.1)
    sandbox.clear_faults()

    assert waits == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60], rel=0.11)
    assert sweep() == {Outcome.RENEWED: 1}
    grant = reread(alice_grant)
    assert (grant.failure_count, grant.failing_since, grant.last_error) == (0, None, "")


@pytest.mark.parametrize("cut", ["before_status", "mid_headers", "mid_body"])
def test_a_lost_answer_is_asked_for_once_more_soon(alice_grant, sandbox, later, cut):
    sandbox.scenario.rotation = "grace"
    before = [raw(alice_grant, column) for column in SECRETS]
    sandbox.fault(TOKENS, cut=cut, after=True)

    assert sweep() == {Outcome.RETRY_LATER: 1}

    grant = reread(alice_grant)
    assert [raw(grant, column) for column in SECRETS] == before
    assert grant.last_error == "answer lost"
    assert 0 < seconds_from_now(grant.refresh_due_at) <= 30
    later(seconds=31)
    assert sweep() == {Outcome.RENEWED: 1}
    tip = sandbox.ledger.tip("alice@acme.example", grant.app.client_id)
    assert (reread(grant).refresh_token, sandbox.ledger.reuse) == (tip, 0)


@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_a_refusal_after_a_lost_answer_ends_the_consent_and_says_why(
    alice_grant, sandbox, later, shape
):
    sandbox.scenario.update({"rotation": "strict", "error_shape": shape})
    sandbox.fault(TOKENS, cut="mid_body", after=True)
    sweep()
    later(seconds=31)

    assert sweep() == {Outcome.CONSENT_LOST: 1}

    assert (reread(alice_grant).last_error, GrantEvent.objects.get().reason) == (
        "answer lost",
        "answer lost",
    )


def test_answers_lost_again_and_again_are_backed_off(alice_grant, sandbox, later):
    sandbox.fault(TOKENS, cut="before_status", times=None)
    waits = []

    for _ in range(4):
        sweep()
        waits.append(seconds_from_now(reread(alice_grant).refresh_due_at))
        later(seconds=waits[-1] + 1)

    assert waits[0] <= 30
    assert waits[1:] == pytest.approx([240, 480, 960], rel=0.11)
    assert reread(alice_grant).last_error == "answer lost"


@pytest.mark.parametrize("status", [400, 401])
def test_a_bare_refusal_makes_suspect_and_a_second_one_decides(alice_grant, sandbox, later, status):
    body = b'{"message": "x", "errors": [{"description": "revoked"}], "trackingId": "NA_9"}'
    person = "alice@acme.example"  # the client is right: a probe shows it
    sandbox.fault(TOKENS, status=status, body=body, person=person, times=None)

    assert sweep() == {Outcome.SUSPECT: 1}

    grant = reread(alice_grant)
    assert (grant.status, grant.last_tracking_id) == (Grant.Status.ACTIVE, "NA_9")
    assert sweep() == {}
    later(seconds=59)
    assert sweep() == {}
    later(seconds=2)
    assert sweep() == {Outcome.CONSENT_LOST: 1}
    assert sandbox.ledger.count(TOKENS, grant_type="refresh_token") == 2
    event = GrantEvent.objects.get()
    assert (event.kind, event.tracking_id) == (GrantEvent.Kind.CONSENT_LOST, "NA_9")


def test_one_bare_refusal_is_forgotten_after_a_success(alice_grant, sandbox, later):
    sandbox.fault(TOKENS, status=401)
    sweep()
    later(seconds=61)

    assert sweep() == {Outcome.RENEWED: 1}

    assert reread(alice_grant).suspect_since is None
    sandbox.fault(TOKENS, status=401)
    later(days=8)
    assert sweep() == {Outcome.SUSPECT: 1}


@pytest.mark.parametrize("status", [200, 400, 401])
def test_invalid_grant_ends_the_consent_at_once_and_the_token_is_never_sent_again(
    alice_grant, sandbox, later, status
):
    before = raw(alice_grant, "refresh_token")
    sandbox.fault(TOKENS, **INVALID_GRANT | {"status": status})

    assert sweep() == {Outcome.CONSENT_LOST: 1}

    grant, event = reread(alice_grant), GrantEvent.objects.get()
    assert (grant.status, grant.last_error) == (Grant.Status.CONSENT_LOST, "invalid_grant")
    assert (event.kind, event.reason, event.tracking_id) == (
        "CONSENT_LOST",
        "invalid_grant",
        "NA_7",
    )
    assert raw(grant, "refresh_token") == before
    on_demand.make_due([grant], now=clock.now())
    later(days=30)
    assert sweep() == {}
    assert sandbox.ledger.count(TOKENS, grant_type="refresh_token") == 1


@pytest.mark.parametrize("expires_in", [-5, 1, "1"])
def test_a_token_that_lives_for_seconds_makes_no_hot_loop(alice_grant, sandbox, expires_in):
    sandbox.scenario.override = {"expires_in": expires_in}

    assert sweep() == {Outcome.RENEWED: 1}

    assert seconds_from_now(reread(alice_grant).refresh_due_at) > 58
    assert sandbox.ledger.count(TOKENS) == 1


def test_a_claim_of_another_worker_is_respected_until_it_ends(
    alice_grant, sandbox, travel, monkeypatch
):
    monkeypatch.setattr(outcomes, "LAST_CHANCE", 0.2)
    assert alice_grant.claim(now=clock.now(), seconds=30)

    assert sweep() == {}

    travel(timedelta(seconds=31))
    assert sweep() == {Outcome.RENEWED: 1}


@pytest.mark.slow
def test_a_late_answer_to_a_claim_that_ran_out_changes_nothing(alice_grant, sandbox, travel):
    late = reread(alice_grant)
    late.claim(now=clock.now(), seconds=1)
    travel(timedelta(seconds=2))
    sweep()
    renewed = raw(alice_grant, "refresh_token")

    assert not late.mark_consent_lost(reason="invalid_grant")
    assert not late.postpone(clock.now())

    assert reread(alice_grant).status == Grant.Status.ACTIVE
    assert raw(alice_grant, "refresh_token") == renewed
