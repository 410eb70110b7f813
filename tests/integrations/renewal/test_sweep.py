"""One sweep over many grants and several integrations: whom trouble touches, and whom not."""

import time
from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from integrations.operations import housekeeping
from integrations.renewal import on_demand
from integrations.renewal.outcomes import Outcome
from tests.integrations import sweeping
from tests.integrations.conftest import TOKENS, reread
from tests.integrations.refusals import raw, spoil


def sweep(seconds=10):
    return sweeping.sweep(seconds=seconds)


@pytest.fixture
def three_at_acme_one_at_globex(acme, globex, link):
    return [link(name, acme) for name in ("alice", "carol", "dave")], link("bob", globex)


def calls_of(sandbox, app):
    return sandbox.ledger.count(TOKENS, client_id=app.client_id)


def test_429_holds_the_whole_integration_and_no_other(
    three_at_acme_one_at_globex, acme, globex, sandbox, later
):
    sandbox.fault(TOKENS, status=429, headers={"Retry-After": "7"}, client_id=acme.client_id)

    outcomes = sweep()

    assert outcomes == {Outcome.PAUSED: 1, Outcome.RENEWED: 1}
    assert (calls_of(sandbox, acme), calls_of(sandbox, globex)) == (1, 1)
    later(seconds=6)
    assert sweep() == {}
    later(seconds=2)
    assert sweep() == {Outcome.RENEWED: 3}
    assert not Grant.objects.exclude(status=Grant.Status.ACTIVE).exists()


@pytest.mark.parametrize(("header", "seconds"), [(None, 120), ("86400", 3600), ("soon", 120)])
def test_a_waiting_time_that_is_missing_or_absurd_becomes_a_bearable_one(
    acme, link, sandbox, header, seconds
):
    link("alice", acme)
    sandbox.fault(TOKENS, status=429, headers={"Retry-After": header}, body=b"<h1>429</h1>")

    sweep()

    acme.refresh_from_db()
    pause = acme.refresh_paused_until - clock.now()
    assert pause.total_seconds() == pytest.approx(seconds, abs=3)


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
def test_refused_credentials_pause_the_integration_and_harm_no_grant(
    three_at_acme_one_at_globex, acme, sandbox, later, code
):
    body = b'{"error": "%s"}' % code.encode()
    fault = {"status": 401, "body": body, "client_id": acme.client_id}
    sandbox.fault(TOKENS, times=None, **fault)

    outcomes = sweep()

    assert outcomes == {Outcome.PAUSED: 1, Outcome.RENEWED: 1}
    acme.refresh_from_db()
    assert acme.is_paused(clock.now())
    assert code in acme.pause_reason
    assert not Grant.objects.exclude(status=Grant.Status.ACTIVE).exists()
    later(minutes=11)
    assert sweep() == {Outcome.PAUSED: 1}  # one probe, not all of them
    assert calls_of(sandbox, acme) == 2
    sandbox.clear_faults()
    later(minutes=11)
    assert sweep() == {Outcome.RENEWED: 3}
    acme.refresh_from_db()
    assert (acme.refresh_paused_until, acme.pause_reason) == (None, "")


def test_a_new_secret_is_tried_at_once(three_at_acme_one_at_globex, acme, sandbox):
    right = acme.client_secret
    acme.client_secret = "0" * 64
    acme.save()
    sandbox.scenario.error_shape = "oauth"
    sweep()
    acme.refresh_from_db()
    assert acme.is_paused(clock.now())

    acme.replace_secret(right, now=clock.now())
    acme.save()
    on_demand.make_due(three_at_acme_one_at_globex[0], now=clock.now())

    assert sweep() == {Outcome.RENEWED: 3}


def test_a_grant_is_renewed_with_its_own_integration_whatever_its_hostname_shows(
    acme, globex, link, sandbox
):
    link("alice", acme)
    BrandedURL.objects.update(app=globex)

    assert sweep() == {Outcome.RENEWED: 1}

    assert (calls_of(sandbox, acme), calls_of(sandbox, globex)) == (1, 0)


def test_a_disabled_integration_renews_nothing(three_at_acme_one_at_globex, acme, sandbox):
    WebexApp.objects.filter(pk=acme.pk).update(is_enabled=False)

    assert sweep() == {Outcome.RENEWED: 1}

    assert calls_of(sandbox, acme) == 0


@pytest.mark.parametrize("column", ["refresh_token", "access_token"])
def test_an_undecryptable_row_does_not_stop_the_others(
    three_at_acme_one_at_globex, sandbox, column
):
    bad = three_at_acme_one_at_globex[0][0]
    spoil(bad, column)
    Grant.objects.filter(pk=bad.pk).update(refresh_due_at=clock.now() - timedelta(days=1))
    before = raw(bad, "access_token"), raw(bad, "refresh_token")

    outcomes = sweep()

    if column == "refresh_token":
        assert outcomes == {Outcome.RETRY_LATER: 1, Outcome.RENEWED: 3}
        assert Grant.objects.values_list("last_error", flat=True).get(pk=bad.pk) == "undecryptable"
        assert (raw(bad, "access_token"), raw(bad, "refresh_token")) == before
        assert sandbox.ledger.count(TOKENS) == 3
    else:
        assert outcomes == {Outcome.RENEWED: 4}  # the refresh token heals it


def test_a_whole_integration_of_undecryptable_rows_does_not_stop_another(
    three_at_acme_one_at_globex, sandbox, globex
):
    for grant in three_at_acme_one_at_globex[0]:
        spoil(grant, "refresh_token")

    assert sweep() == {Outcome.RETRY_LATER: 3, Outcome.RENEWED: 1}

    assert sandbox.ledger.count(TOKENS) == calls_of(sandbox, globex) == 1


def test_an_undecryptable_secret_stops_only_its_own_integration(
    three_at_acme_one_at_globex, acme, sandbox
):
    spoil(acme, "client_secret")

    outcomes = sweep()

    assert outcomes[Outcome.RENEWED] == 1
    assert calls_of(sandbox, acme) == 0
    assert not Grant.objects.exclude(status=Grant.Status.ACTIVE).exists()


def test_the_most_urgent_comes_first(acme, link, sandbox, settings):
    settings.REFRESH_CONCURRENCY = 1
    for hours, name in ((1, "carol"), (3, "alice"), (2, "dave")):
        grant = link(name, acme)
        due = clock.now() - timedelta(hours=hours)
        Grant.objects.filter(pk=grant.pk).update(refresh_due_at=due)

    sweep()

    order = [call.person_email.partition("@")[0] for call in sandbox.ledger.find(TOKENS)]
    assert order == ["alice", "dave", "carol"]


def test_what_is_not_due_is_left_alone(acme, link, sandbox):
    link("alice", acme, due=False)

    assert sweep() == {}

    assert sandbox.ledger.count(TOKENS) == 0


def test_the_time_box_ends_a_sweep_and_the_next_goes_on(acme, link, sandbox, settings):
    settings.REFRESH_CONCURRENCY = 1
    for number in range(6):
        link(f"user{number}", acme)
    sandbox.scenario.latency = 0.1

    started = time.monotonic()
    first = sweep(seconds=0.25)

    assert time.monotonic() - started < 1
    assert 1 <= first[Outcome.RENEWED] < 6
    sandbox.scenario.latency = 0
    assert sweep()[Outcome.RENEWED] == 6 - first[Outcome.RENEWED]


def test_users_who_left_are_not_renewed_and_lose_their_tokens(acme, link, sandbox):
    alice, bob = link("alice", acme), link("bob", acme)
    alice.user.is_active = False
    alice.user.save()

    assert sweep() == {Outcome.RENEWED: 1}
    housekeeping.tidy(now=clock.now())

    assert (reread(alice).status, raw(alice, "refresh_token")) == ("DISCONNECTED", None)
    assert raw(alice, "access_token") is None
    assert reread(alice).events.get().reason == "user deactivated"
    assert reread(bob).status == Grant.Status.ACTIVE


@pytest.mark.parametrize("column", ["access_token", "refresh_token", "client_secret"])
def test_tidying_wipes_what_it_cannot_read(acme, link, column):
    alice = link("alice", acme)
    alice.user.is_active = False
    alice.user.save()
    spoil(acme if column == "client_secret" else alice, column)

    housekeeping.tidy(now=clock.now())

    assert raw(alice, "refresh_token") is None


def test_tidying_purges_forgotten_requests_and_keeps_open_ones(alice_browser, travel, sandbox):
    alice_browser.start()
    travel(timedelta(days=8))
    alice_browser.start()

    housekeeping.tidy(now=clock.now())

    assert AuthorizationRequest.objects.count() == 1
