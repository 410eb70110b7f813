"""Draining one integration, against the sandbox over real connections."""

import time
from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AppIncident, Grant, RenewalMinute
from integrations.renewal import drain, outcomes
from integrations.tokens import TokenSet
from tests.integrations.refusals import raw
from tests.integrations.renewal.draining import (
    INVALID_GRANT,
    TOKEN,
    break_tokens,
    drained,
    leave_behind,
)

pytestmark = pytest.mark.usefixtures("brisk")


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(outcomes, "LAST_CHANCE", 0.2)


def test_everything_due_is_renewed_with_one_call_each(acme, fill, calls, sandbox):
    sandbox.scenario.update({"rotation": "strict"})
    grants = fill(acme, 30)

    assert drained(acme) == {"RENEWED": 30}

    assert len(calls()) == 30
    assert sandbox.ledger.concurrency_per_grant == 1
    for grant in grants:
        grant.refresh_from_db()
        assert grant.refresh_token == sandbox.ledger.tip(grant.person_email, acme.client_id)
        assert grant.claimed_by is None
        assert grant.refresh_due_at > clock.now() + timedelta(days=5)
    assert RenewalMinute.objects.since(clock.now() - timedelta(minutes=5)) == 30


@pytest.mark.parametrize("rotation", ["none", "strict"])
def test_a_refresh_token_is_written_again_only_where_it_changed(acme, fill, sandbox, rotation):
    sandbox.scenario.update({"rotation": rotation})
    grants = fill(acme, 3)
    before = [ciphertexts(grant) for grant in grants]

    assert drained(acme) == {"RENEWED": 3}

    for grant, (access_token, refresh_token) in zip(grants, before, strict=True):
        assert raw(grant, "access_token") != access_token
        assert (raw(grant, "refresh_token") != refresh_token) == (rotation == "strict")


def ciphertexts(grant):
    return raw(grant, "access_token"), raw(grant, "refresh_token")


def test_what_is_not_due_is_not_asked_for(acme, fill, calls):
    fill(acme, 2, refresh_due_at=clock.now() + timedelta(minutes=5))

    assert drained(acme) == {}
    assert calls() == []


def test_the_most_urgent_are_renewed_first(acme, fill, calls, settings):
    settings.REFRESH_CONCURRENCY = 1
    emails = [grant.person_email for grant in fill(acme, 20)]

    drained(acme)

    assert [call.person_email for call in calls()] == emails


def test_a_disabled_integration_renews_nothing(acme, fill, calls):
    fill(acme, 2)
    acme.is_enabled = False
    acme.save()

    assert drained(acme) == {}
    assert calls() == []


def test_grants_of_inactive_users_are_left_alone(acme, fill, calls):
    grant = fill(acme)[0]
    grant.user.is_active = False
    grant.user.save()

    assert drained(acme) == {}
    assert calls() == []


def test_concurrency_grows_to_the_limit_and_not_beyond(acme, fill, sandbox, settings):
    settings.REFRESH_CONCURRENCY = 5
    sandbox.scenario.update({"latency": 0.05})
    fill(acme, 40)

    drained(acme)

    assert sandbox.ledger.concurrency_per_client == 5


@pytest.mark.slow
def test_a_wrong_secret_with_1000_due_costs_at_most_three_calls(acme, fill, calls, sandbox):
    sandbox.state.integrations[acme.client_id].client_secret = "changed-at-webex"
    fill(acme, 1000)

    drained(acme)

    assert 1 <= len(calls()) <= 3
    assert Grant.objects.active().filter(claimed_until=None, failure_count=0).count() == 1000


def test_claims_of_what_was_never_sent_are_released(acme, fill, sandbox):
    sandbox.scenario.update({"latency": 0.02})
    grants = fill(acme, 60)
    for grant in grants[20:]:
        sandbox.fault(TOKEN, status=429, person=grant.person_email, times=None)

    drained(acme)

    waiting = Grant.objects.filter(refresh_due_at__lte=clock.now())
    assert waiting.count() >= 30
    assert not Grant.objects.exclude(claimed_by=None).exists()
    assert not Grant.objects.exclude(claimed_until=None).exists()


@pytest.mark.slow
def test_the_time_box_ends_a_drain_and_has_not_forgotten_the_rest(acme, fill, sandbox):
    sandbox.scenario.update({"latency": 0.05})
    fill(acme, 300)
    began = time.monotonic()

    drain.drain(acme.pk, seconds=0.5)

    assert time.monotonic() - began < 1.5
    left = Grant.objects.due_in_app(acme.pk, clock.now())
    assert 0 < left.count() < 300
    assert drained(acme)["RENEWED"] == left.count() or not left.exists()


def test_an_undecryptable_row_does_not_stop_the_others(acme, fill, calls):
    grants = fill(acme, 12)
    break_tokens(grants[3], grants[4])

    assert drained(acme) == {"RENEWED": 10, "RETRY_LATER": 2}

    broken = Grant.objects.filter(last_error="undecryptable")
    assert set(broken.values_list("pk", flat=True)) == {grants[3].pk, grants[4].pk}
    assert broken.active().count() == 2
    assert len(calls()) == 10


def test_a_whole_batch_of_undecryptable_rows_does_not_stop_the_others(acme, fill):
    """They are the most urgent ones, as after a key was lost for old rows."""
    grants = fill(acme, 60)
    break_tokens(*grants[:40])

    tally = drained(acme)

    assert tally["RENEWED"] == 20
    assert tally["RETRY_LATER"] == 40
    assert not AppIncident.objects.exists()


def test_bytes_that_cannot_be_decrypted_stay_as_they_are(acme, fill):
    grant = fill(acme)[0]
    break_tokens(grant)

    drained(acme)

    assert raw(grant, "refresh_token") == "gAAAAABnonsense"


def test_orphans_of_a_killed_worker_are_named_and_renewed(acme, fill, caplog):
    orphan, _other = fill(acme, 2)
    leave_behind(orphan)

    assert drained(acme) == {"RENEWED": 2}

    assert f"A worker died in the middle of its calls: grants=[{orphan.pk}]" in caplog.text


def test_an_answer_that_waited_for_the_database_beats_whoever_finds_the_claim_over(
    acme, fill, calls
):
    (grant,) = fill(acme, 1)
    leave_behind(grant)

    assert drained(acme, seconds=0.05) == {}
    assert grant.store(TokenSet("A2", clock.now() + timedelta(days=14), "R2"), now=clock.now())

    assert drained(acme) == {}
    assert calls() == []


def test_a_refused_orphan_is_lost_with_that_reason(acme, fill, sandbox):
    grants = fill(acme, 8)
    leave_behind(grants[4])
    sandbox.fault(TOKEN, person=grants[4].person_email, **INVALID_GRANT)

    assert drained(acme) == {"RENEWED": 8, "CONSENT_LOST": 1}, "one more, to see who is accepted"

    lost = Grant.objects.get(pk=grants[4].pk)
    assert lost.last_error == "answer lost: a worker died during the call"


def test_many_refused_orphans_pause_nothing_while_webex_accepts_others(acme, fill, sandbox, travel):
    """What a kill leaves behind where refresh tokens rotate strictly."""
    grants = fill(acme, 60)
    leave_behind(*grants[:16])
    for grant in grants[:16]:
        sandbox.revoke(grant.person_email, acme.client_id)

    assert drained(acme) == {"RENEWED": 44, "SUSPECT": 16}
    travel(timedelta(seconds=61))
    assert drained(acme) == {"CONSENT_LOST": 16, "RENEWED": 2}
    assert not AppIncident.objects.exists()


def test_refused_orphans_are_kept_while_webex_accepts_nobody(acme, fill, sandbox):
    grants = fill(acme, 16)
    leave_behind(*grants)
    for grant in grants:
        sandbox.revoke(grant.person_email, acme.client_id)

    drained(acme)

    assert Grant.objects.active().count() == 16
    assert AppIncident.objects.count() == 1
