"""Trouble that is not one grant's own pauses its integration, and ends by itself."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from integrations.renewal import drain, outcomes
from integrations.webex import answers
from tests.integrations.renewal import draining
from tests.integrations.renewal.draining import BARE_REFUSAL, INVALID_GRANT, TOKEN, drained

pytestmark = pytest.mark.usefixtures("brisk")


def paused_for(app):
    app = WebexApp.objects.get(pk=app.pk)
    return app.refresh_paused_until and app.refresh_paused_until - clock.now()


def test_bare_401s_for_everybody_pause_and_keep_all_grants(acme, fill, sandbox, calls):
    fill(acme, 50)
    sandbox.fault(TOKEN, times=None, **BARE_REFUSAL)

    drained(acme)

    assert paused_for(acme) > timedelta(minutes=1)
    assert len(calls()) <= 3
    assert Grant.objects.active().count() == 50
    assert AppIncident.objects.get().ended_at is None


def test_bare_401s_for_everybody_for_hours_still_lose_nobody(acme, fill, sandbox, later):
    fill(acme, 10)
    sandbox.fault(TOKEN, times=None, **BARE_REFUSAL)
    for _ in range(12):
        drained(acme)
        later(hours=2)

    assert Grant.objects.active().count() == 10
    assert AppIncident.objects.count() == 1
    sandbox.clear_faults()
    assert drained(acme)["RENEWED"] == 10


def test_orphans_that_are_refused_like_everybody_for_hours_are_not_lost(
    acme, fill, sandbox, later, monkeypatch
):
    """A worker was killed, and then Webex refuses everybody for a while: all of them are alive."""
    monkeypatch.setattr(outcomes, "LAST_CHANCE", 0.2)
    draining.leave_behind(*fill(acme, 10))
    sandbox.fault(TOKEN, times=None, **BARE_REFUSAL)
    for _ in range(8):
        drained(acme)
        later(minutes=90)

    assert Grant.objects.active().count() == 10
    sandbox.clear_faults()
    assert drained(acme)["RENEWED"] == 10


def test_a_burst_of_invalid_grants_keeps_the_grants_and_renews_the_others(acme, fill, sandbox):
    grants = fill(acme, 100)
    for grant in grants[::3]:
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **INVALID_GRANT)

    tally = drained(acme)

    assert tally["SUSPECT"] == 34
    assert tally["RENEWED"] >= 66
    assert Grant.objects.active().count() == 100
    assert paused_for(acme) is None
    assert AppIncident.objects.get().ended_at is None, "operators are told"
    assert not GrantEvent.objects.exists()


def test_a_probe_asks_with_a_grant_that_has_no_trouble_of_its_own(
    acme, fill, sandbox, calls, later
):
    """Else dead grants that are due would keep the integration paused for days."""
    dead = fill(acme, 5)
    well = fill(acme, 1, refresh_due_at=clock.now() + timedelta(days=5))[0]
    for grant in dead:
        sandbox.revoke(grant.person_email, acme.client_id)
    for _ in range(8):
        drained(acme)
        later(minutes=70)

    assert well.person_email in [call.person_email for call in calls()]
    assert Grant.objects.filter(status="CONSENT_LOST").count() == 5
    assert paused_for(acme) is None


@pytest.mark.parametrize("fresh", [1, 2])
def test_who_linked_after_a_restore_proves_at_once_that_the_client_is_good(
    acme, fill, sandbox, later, settings, fresh
):
    """Else dozens of dead grants would be asked first, a few with each pause, for hours."""
    # One of a hundred calls that took too long, and what it was to prove would wait for the next.
    settings.WEBEX_TIMEOUT, settings.REFRESH_CLAIM = 20.0, 60.0
    for grant in fill(acme, 40):
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **INVALID_GRANT)
    drained(acme)
    assert paused_for(acme) > timedelta(minutes=1)
    fill(acme, fresh, refresh_due_at=clock.now() + timedelta(days=5))
    for _ in range(2):
        later(minutes=6)
        drained(acme, seconds=60)

    assert paused_for(acme) is None
    assert Grant.objects.filter(status="CONSENT_LOST").count() == 40
    assert Grant.objects.active().count() == fresh


def test_a_refusal_is_no_verdict_while_another_drain_saw_a_burst(acme, fill, sandbox, monkeypatch):
    grants = fill(acme, 20)
    sandbox.fault(TOKEN, person=grants[3].person_email, **INVALID_GRANT)
    sandbox.fault(TOKEN, person=grants[6].person_email, **INVALID_GRANT)
    judge = answers.parse_token_answer

    def as_the_other_pauses(*arguments):
        until = clock.now() + timedelta(minutes=2)
        WebexApp.objects.filter(pk=acme.pk).update(refresh_paused_until=until)
        return judge(*arguments)

    monkeypatch.setattr(answers, "parse_token_answer", as_the_other_pauses)

    assert "CONSENT_LOST" not in drained(acme)
    assert Grant.objects.active().count() == 20


def test_after_a_burst_nobody_is_lost_who_was_refused_once(acme, fill, sandbox, settings, later):
    """A restored backup: some chains are really dead, the rest of the integration is well."""
    settings.REFRESH_CONCURRENCY = 1  # so that the burst is noticed at the tenth refusal
    grants = fill(acme, 100)
    dead, once = grants[::5], grants[1:12:3]
    for grant in dead:
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **INVALID_GRANT)
    for grant in once:
        sandbox.fault(TOKEN, person=grant.person_email, **INVALID_GRANT)
    for _ in range(8):
        drained(acme)
        later(minutes=70)

    lost = set(Grant.objects.filter(status="CONSENT_LOST").values_list("pk", flat=True))
    assert 5 <= len(lost) <= 20
    assert lost <= {grant.pk for grant in dead}
    renewed = Grant.objects.filter(refreshed_at__gte=grants[0].refreshed_at + timedelta(days=1))
    assert renewed.count() == 80


def test_an_outage_pauses_instead_of_asking_for_everybody(acme, fill, sandbox, calls):
    fill(acme, 200)
    sandbox.fault(TOKEN, status=503, times=None)

    drained(acme)

    assert 8 <= len(calls()) <= 16
    assert paused_for(acme) > timedelta(minutes=1)


def test_in_an_outage_one_call_every_two_minutes_looks_whether_it_is_over(
    acme, fill, sandbox, calls, later
):
    """However long it lasts: an hour of it must be caught up in little more than half an hour."""
    fill(acme, 30)
    sandbox.fault(TOKEN, status=503, times=None)
    waits = []
    for _ in range(5):
        drained(acme)
        waits.append(paused_for(acme).total_seconds())
        later(seconds=waits[-1] + 1)

    assert all(0.85 * 120 < wait < 1.12 * 120 for wait in waits)
    assert len(calls()) <= 8 + 4, "more than one probe for each pause"
    assert AppIncident.objects.count() == 1


def test_the_first_success_after_an_outage_resumes_and_ends_the_incident(
    acme, fill, sandbox, later
):
    fill(acme, 30)
    sandbox.fault(TOKEN, status=503, times=None)
    drained(acme)
    sandbox.clear_faults()
    later(minutes=5)

    assert drained(acme)["RENEWED"] == 30
    assert paused_for(acme) is None
    assert AppIncident.objects.get().ended_at is not None


@pytest.mark.parametrize("is_date", [False, True])
def test_429_holds_the_whole_integration_and_alarms_nobody(
    acme, globex, fill, sandbox, calls, is_date
):
    fill(acme, 30)
    fill(globex, 5)
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    headers = {"Retry-After": date if is_date else "300"}
    sandbox.fault(TOKEN, status=429, headers=headers, client_id=acme.client_id)

    drained(acme)

    assert timedelta(seconds=290) < paused_for(acme) <= timedelta(seconds=301)
    assert len(calls(acme)) == 1
    assert drained(acme) == {}
    assert drained(globex) == {"RENEWED": 5}
    assert not AppIncident.objects.exists()
    assert not Grant.objects.filter(failure_count__gt=0).exists()


def test_a_pause_by_one_drain_stops_the_others(acme, fill, sandbox, calls, monkeypatch):
    """Noticed with the next claim, so that Retry-After holds for all workers."""
    fill(acme, 100)
    paused = clock.now() + timedelta(minutes=5)
    original = outcomes.take_over_orphans

    def pause_now(grants, *, now):
        WebexApp.objects.filter(pk=acme.pk).update(refresh_paused_until=paused)
        return original(grants, now=now)

    monkeypatch.setattr(outcomes, "take_over_orphans", pause_now)

    assert drained(acme) == {}
    assert calls() == []


def test_a_wrong_client_pauses_with_one_incident(acme, fill, sandbox):
    sandbox.scenario.update({"error_shape": "oauth"})
    sandbox.state.integrations[acme.client_id].client_secret = "changed-at-webex"
    fill(acme, 30)

    assert drained(acme) == {"PAUSED": 1}

    assert paused_for(acme) > timedelta(minutes=9)
    assert AppIncident.objects.count() == 1
    assert Grant.objects.active().filter(last_error="", failure_count=0).count() == 30


def test_a_paused_integration_probes_with_one_grant_per_interval(acme, fill, sandbox, calls, later):
    sandbox.scenario.update({"error_shape": "oauth"})
    sandbox.state.integrations[acme.client_id].client_secret = "changed-at-webex"
    fill(acme, 30)
    drained(acme)
    for _ in range(4):
        before = len(calls())
        later(minutes=11)
        drained(acme)
        drained(acme)
        assert len(calls()) == before + 1


def test_a_new_secret_resumes_at_once(acme, fill, sandbox):
    sandbox.scenario.update({"error_shape": "oauth"})
    registered = sandbox.state.integrations[acme.client_id]
    right, registered.client_secret = registered.client_secret, "changed-at-webex"
    fill(acme, 30)
    drained(acme)
    registered.client_secret = right
    app = WebexApp.objects.get(pk=acme.pk)
    app.replace_secret(right, now=clock.now())
    app.save()

    assert drained(acme) == {"RENEWED": 30}
    assert AppIncident.objects.get().ended_at is not None


def test_what_the_old_secret_was_told_does_not_pause_the_new_one(acme):
    from integrations.errors import InvalidClient

    as_the_drain_read_it = WebexApp.objects.get(pk=acme.pk)
    app = WebexApp.objects.get(pk=acme.pk)
    app.replace_secret("new", now=clock.now())
    app.save()

    outcomes.pause(as_the_drain_read_it, InvalidClient("invalid_client"), now=clock.now())

    assert paused_for(acme) is None
    assert not AppIncident.objects.exists()


def test_silence_that_fills_the_time_box_is_an_outage(acme, fill, sandbox, settings):
    """With long deadlines a drain sees too few failures to count eight of them."""
    settings.WEBEX_TIMEOUT = 0.4
    fill(acme, 30)
    sandbox.fault(TOKEN, delay=1, times=None)

    drain.drain(acme.pk, seconds=0.6)

    assert AppIncident.objects.count() == 1
    assert paused_for(acme) > timedelta(minutes=1)
