"""What becomes of one grant, for every answer that a drain may get."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent
from integrations.renewal import outcomes
from tests.integrations.renewal import draining
from tests.integrations.renewal.draining import BARE_REFUSAL, INVALID_GRANT, TOKEN, drained
from tests.sharing_out import slow

pytestmark = pytest.mark.usefixtures("brisk")


def test_a_single_invalid_grant_is_lost_with_one_event(acme, fill, sandbox, calls):
    grants = fill(acme, 20)
    sandbox.fault(TOKEN, person=grants[7].person_email, **INVALID_GRANT)

    assert drained(acme) == {"RENEWED": 19, "CONSENT_LOST": 1}

    event = GrantEvent.objects.get()
    assert (event.grant_id, event.kind, event.notice_due) == (grants[7].pk, "CONSENT_LOST", True)
    assert Grant.objects.get(pk=grants[7].pk).refresh_token == grants[7].refresh_token
    assert not AppIncident.objects.exists()


def test_the_token_of_a_lost_consent_is_never_sent_again(acme, fill, sandbox, calls, later):
    grants = fill(acme, 20)
    sandbox.fault(TOKEN, person=grants[7].person_email, **INVALID_GRANT)
    drained(acme)
    later(days=8)

    assert drained(acme) == {"RENEWED": 19}
    assert [call.person_email for call in calls()].count(grants[7].person_email) == 1


def test_a_bare_refusal_needs_a_second_one_a_minute_later(acme, fill, sandbox, later):
    grants = fill(acme, 20)
    person = grants[7].person_email
    sandbox.fault(TOKEN, person=person, times=2, **BARE_REFUSAL)

    assert drained(acme) == {"RENEWED": 19, "SUSPECT": 1}
    assert drained(acme) == {}, "asked again within the minute"
    later(seconds=61)
    assert drained(acme) == {"CONSENT_LOST": 1, "RENEWED": 1}, "one more, to see who is accepted"
    assert GrantEvent.objects.count() == 1


@pytest.mark.parametrize("others", [3, *slow(2, 5)])
@pytest.mark.parametrize("doubt", ["refused a minute ago", "its worker died"])
def test_nobody_is_given_up_while_webex_refuses_healthy_grants_too(
    acme, fill, sandbox, later, monkeypatch, doubt, others
):
    """Not the client, whom a probe proves good, but everybody is refused."""
    monkeypatch.setattr(outcomes, "LAST_CHANCE", 0.2)
    grant = fill(acme)[0]
    well = fill(acme, others, refresh_due_at=clock.now() + timedelta(days=5))
    for each in (grant, *well):
        refusal = BARE_REFUSAL | {"status": 400}
        sandbox.fault(TOKEN, person=each.person_email, times=None, **refusal)
    if doubt == "its worker died":
        draining.leave_behind(grant)
    for _ in range(4):
        drained(acme)
        later(minutes=6)

    assert Grant.objects.active().count() == others + 1
    assert AppIncident.objects.get().ended_at is None
    sandbox.clear_faults()
    drained(acme)
    assert Grant.objects.filter(suspect_since=None).count() == others + 1


def test_a_grant_to_compare_with_whose_token_cannot_be_read_stops_nothing(
    acme, fill, sandbox, later
):
    grant, broken, *_others = fill(acme, 4)
    sandbox.fault(TOKEN, person=grant.person_email, times=2, **BARE_REFUSAL)
    drained(acme)
    Grant.objects.filter(pk=broken.pk).update(refresh_due_at=clock.now() + timedelta(hours=1))
    draining.break_tokens(broken)
    later(seconds=61)

    assert drained(acme) == {"SUSPECT": 1}
    later(seconds=61)
    assert drained(acme) == {"RENEWED": 1}


def test_a_low_rate_limit_leaves_room_for_the_cross_check(acme, fill, sandbox, later, settings):
    settings.REFRESH_CALLS_PER_MINUTE = 50
    grant = fill(acme)[0]
    fill(acme, 3, refresh_due_at=clock.now() + timedelta(days=5))
    sandbox.fault(TOKEN, person=grant.person_email, times=2, **BARE_REFUSAL)
    drained(acme)
    later(seconds=61)

    assert drained(acme) == {"CONSENT_LOST": 1, "RENEWED": 1}


def test_a_bare_refusal_is_forgotten_after_a_success(acme, fill, sandbox, later):
    grants = fill(acme, 20)
    sandbox.fault(TOKEN, person=grants[7].person_email, **BARE_REFUSAL)
    drained(acme)
    later(seconds=61)

    assert drained(acme) == {"RENEWED": 1}
    assert Grant.objects.filter(suspect_since=None, failing_since=None).count() == 20


@pytest.mark.parametrize("cut", ["before_status", "mid_headers", "mid_body"])
def test_a_lost_answer_is_asked_for_once_more_within_the_grace(acme, fill, sandbox, cut, later):
    sandbox.scenario.update({"rotation": "grace", "grace_seconds": 60})
    grants = fill(acme, 5)
    sandbox.fault(TOKEN, person=grants[2].person_email, cut=cut, after=True)

    assert drained(acme) == {"RENEWED": 4, "RETRY_LATER": 1}
    later(seconds=31)
    assert drained(acme) == {"RENEWED": 1}
    renewed = Grant.objects.get(pk=grants[2].pk)
    assert renewed.refresh_token == sandbox.ledger.tip(renewed.person_email, acme.client_id)


def test_a_refusal_after_a_lost_answer_is_lost_at_once_for_that_reason(acme, fill, sandbox, later):
    sandbox.scenario.update({"rotation": "strict"})
    grants = fill(acme, 5)
    sandbox.fault(TOKEN, person=grants[2].person_email, cut="mid_body", after=True)
    drained(acme)
    later(seconds=31)

    assert drained(acme) == {"CONSENT_LOST": 1, "RENEWED": 1}
    assert GrantEvent.objects.get().reason == "answer lost"


def test_failures_of_one_grant_are_backed_off_doubling_to_an_hour(
    acme, fill, sandbox, calls, later
):
    grants = fill(acme, 5)
    sandbox.fault(TOKEN, person=grants[0].person_email, status=500, times=None)
    waits = []
    for _ in range(8):
        drained(acme)
        grant = Grant.objects.get(pk=grants[0].pk)
        waits.append((grant.refresh_due_at - clock.now()).total_seconds())
        Grant.objects.filter(pk=grant.pk).update(refresh_due_at=clock.now())

    expected = [120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert all(0.85 * want < got < 1.12 * want for want, got in zip(expected, waits, strict=True))
    assert Grant.objects.active().count() == 5
    assert not AppIncident.objects.exists()
