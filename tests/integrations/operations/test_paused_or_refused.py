"""Paused, refused and lost integrations, dead processes, and the words for each."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AppIncident, Grant, WebexApp
from integrations.operations import health, renewals
from integrations.operations.causes import Cause
from integrations.operations.check import Level
from integrations.renewal import client_probe
from tests.integrations.operations.test_trouble import (
    codes,
    everywhere,
    run,
    trouble,
)  # fmt: skip
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN, drained
from tests.sharing_out import slow

pytestmark = pytest.mark.usefixtures("brisk", "everything_runs")

# --- Paused, refused, lost ----------------------------------------------------------------------


def test_a_wait_that_webex_asked_for_is_told_with_its_end(acme, fill, sandbox, settings):
    settings.TIME_ZONE = "UTC"
    fill(acme, 2)
    sandbox.fault(TOKEN, status=429, headers={"Retry-After": "300", "trackingid": "ROUTER_429"})

    drained(acme)

    (check,) = trouble(acme)
    until = WebexApp.objects.get(pk=acme.pk).refresh_paused_until
    assert (
        check.sentence == f"Webex asked us to wait until {renewals.in_words(until, clock.now())}."
    )
    assert f"{until:%H:%M:%S}" in check.sentence
    assert "set REFRESH_CALLS_PER_MINUTE lower" in check.next_step
    assert (check.level, check.until, check.tracking_id) == (Level.ASKS, until, "ROUTER_429")


@pytest.mark.parametrize(("minutes", "level"), [(5, Level.ASKS), (65, Level.BLOCKS)])
def test_a_pause_is_urgent_once_nothing_was_renewed_for_an_hour(acme, fill, minutes, level):
    fill(acme, 2)
    now = clock.now()
    reason = "token endpoint answered 503 (status 503, ROUTER_1)"
    AppIncident.objects.create(app=acme, reason=reason, began_at=now - timedelta(minutes=minutes))
    for until in (now + timedelta(minutes=3), now - timedelta(seconds=3)):
        WebexApp.objects.update(pause_reason=reason, refresh_paused_until=until)

        (check,) = trouble(acme)

        assert (check.code, check.level, check.tracking_id) == ("paused", level, "ROUTER_1")
        assert check.since == now - timedelta(minutes=minutes)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [0, 2, *slow(1, 4)])
def test_a_refused_secret_is_urgent_however_many_are_linked(
    client, sam, acme, fill, sandbox, settings, count
):  # fmt: skip
    fill(acme, count)
    sandbox.state.integrations[acme.client_id].client_secret = "regenerated"

    client_probe.check(acme, now=clock.now())
    drained(acme)

    levels, texts = everywhere(client, sam, acme, settings)
    assert set(levels.values()) == {2}, levels
    assert "Nothing is renewed and nobody can link, since" in texts["overview"]
    assert codes(acme) == [("client", 2)]


def test_a_refusal_is_history_once_somebody_was_renewed(acme, fill):
    fill(acme, 1, refreshed_at=clock.now())
    asked_at = clock.now() - timedelta(minutes=1)
    WebexApp.objects.update(client_answer="refused", client_asked_at=asked_at)

    assert codes(acme) == []


@pytest.mark.parametrize(
    ("linked", "lost", "expected"),
    [
        (0, 1, [("lost", 1)]),
        (0, 2, [("lost", 2)]),
        (0, 9, [("lost", 2)]),
        (1, 1, []),
        (1, 2, [("lost", 1)]),
        (9, 1, []),
        (4, 9, [("lost", 1)]),
    ],
)
def test_one_who_goes_is_no_trouble_and_all_who_go_are(acme, fill, linked, lost, expected):
    fill(acme, linked, refresh_due_at=clock.now() + timedelta(days=1))
    fill(acme, lost, status=Grant.Status.CONSENT_LOST)

    assert codes(acme) == expected


def test_a_burst_of_refusals_is_named_while_the_others_go_on(acme, fill, sandbox):
    grants = fill(acme, 12)
    for grant in grants[2:7]:
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **INVALID_GRANT)

    drained(acme)

    (check,) = trouble(acme)
    assert (check.code, check.level) == ("incident", Level.ASKS)
    assert "Some renewals fail, others succeed" in check.sentence


# --- Processes ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("count", "code"), [(0, 1), (1, 2), (2, 2)])
def test_without_a_sweep_it_is_urgent_as_soon_as_somebody_is_linked(acme, fill, count, code):
    fill(acme, count)
    health.beat("sweep", now=clock.now() - timedelta(minutes=30))

    assert run("status")[0] == code


# --- Words --------------------------------------------------------------------------------------


LOST = "A worker ended while it asked Webex, and the answer was lost."


@pytest.mark.parametrize(
    ("noted", "words", "tracking_id"),
    [
        ("", "No reason was noted.", ""),
        ("token endpoint answered 503", "Webex answers with an error of its own (503).", ""),
        ("x (status 503, R_1)", "Webex answers with an error of its own (503).", "R_1"),
        ("x (status 502)", "Webex answers with an error of its own (502).", ""),
        ("invalid_client (status 401, R_1)", "Webex refuses the client ID and secret.", "R_1"),
        ("Webex refuses the client ID or secret", "Webex refuses the client ID and secret.", ""),
        ("no connection", "Webex cannot be reached (no connection).", ""),
        ("answer lost: a worker died during the call", LOST, ""),
        ("undecryptable", "What is stored cannot be read with this encryption key.", ""),
        ("invalid_grant (R_1)", "Webex refuses to renew the connection (invalid_grant).", "R_1"),
        ("x\ny", "What was noted: x y.", ""),
    ],
)
def test_a_cause_is_told_in_words(noted, words, tracking_id):
    cause = Cause.of(noted)

    assert (cause.in_words, cause.tracking_id) == (words, tracking_id)
