"""The database's clock is set: back by an hour or a year that it was ahead, or forward."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import (
    AppIncident,
    AuthorizationRequest,
    DeviceAuthorization,
    Grant,
    GrantEvent,
    Heartbeat,
    Lease,
    RenewalMinute,
    WebexApp,
)
from integrations.operations import health, notices
from integrations.renewal import clock_steps, rate_limit, sweep
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.renewal.draining import TOKEN

pytestmark = pytest.mark.usefixtures("brisk")

STEPS = [timedelta(hours=1), timedelta(days=365)]


@pytest.fixture(params=STEPS, ids=["an hour", "a year"])
def step(request):
    return request.param


def drain(app, sandbox):
    sweep.begin(now=clock.now())
    sweep.in_turn(app.pk, seconds=1)
    return len(sandbox.ledger.find(TOKEN, grant_type="refresh_token"))


def test_places_reservations_and_pauses_of_the_future_hold_nobody_up(
    acme, sandbox, fill, step, settings
):
    settings.REFRESH_CALLS_PER_MINUTE = 6000
    fill(acme, 3)
    ahead = clock.now() + step
    Heartbeat.objects.beat("sweep", now=ahead)
    for name in ("drain {} 0", "drain {} 1", "renewing {}"):
        Lease.objects.create(name=name.format(acme.pk), expires_at=ahead + timedelta(seconds=20))
    WebexApp.objects.update(
        calls_reserved_until=ahead, refresh_paused_until=ahead + timedelta(minutes=4),
        pause_reason="token endpoint answered 503 (status 503)", pause_count=1,
    )  # fmt: skip

    assert drain(acme, sandbox) == 3
    assert not WebexApp.objects.exclude(refresh_paused_until=None).exists()


def test_a_lease_that_was_taken_a_moment_later_is_still_somebodys(db):
    now = clock.now()
    Lease.objects.take(["notices"], now=now, until=now + timedelta(minutes=5))

    earlier = now - timedelta(seconds=30)

    assert not Lease.objects.take(["notices"], now=earlier, until=earlier + timedelta(minutes=5))


def test_reservations_hold_while_they_can_be_true(acme, settings):
    settings.REFRESH_CALLS_PER_MINUTE = 60
    now = clock.now()
    assert rate_limit.reserve(acme, most=99, now=now)[0] > 0

    assert rate_limit.reserve(acme, most=99, now=now - timedelta(seconds=1))[0] == 0


def test_whose_claim_lies_in_the_future_is_renewed_after_its_call_must_have_ended(
    acme, sandbox, fill, step, travel, settings
):
    """It may be under way: spent twice, a strictly rotating refresh token is dead."""
    settings.REFRESH_CLAIM = 30
    (grant,) = fill(acme, 1)
    grant.claim(now=clock.now() + step, seconds=settings.REFRESH_CLAIM)

    assert drain(acme, sandbox) == 0
    travel(timedelta(seconds=25))
    assert drain(acme, sandbox) == 0
    travel(timedelta(seconds=6))
    assert drain(acme, sandbox) == 1


def test_whose_claim_is_long_over_may_be_under_way_when_the_clock_was_set_forward(
    acme, sandbox, fill, step, travel, settings
):
    settings.REFRESH_CLAIM = 30
    (grant,) = fill(acme, 1)
    grant.claim(now=clock.now(), seconds=settings.REFRESH_CLAIM)
    travel(step)

    assert drain(acme, sandbox) == 0
    travel(timedelta(seconds=25))
    assert drain(acme, sandbox) == 0
    travel(timedelta(seconds=6))
    assert drain(acme, sandbox) == 1


def test_what_was_renewed_in_the_future_is_renewed_in_time(acme, fill, step):
    (grant,) = fill(acme, 1)
    now = clock.now()
    ahead = now + step
    Grant.objects.update(
        refreshed_at=ahead,
        refresh_due_at=ahead + timedelta(days=7),
        access_token_expires_at=ahead + timedelta(days=14),
    )
    RenewalMinute.objects.add(1, now=ahead)

    sweep.begin(now=now)

    grant.refresh_from_db()
    assert grant.refreshed_at == now
    assert abs(grant.refresh_due_at - now - timedelta(days=7)) < timedelta(seconds=1)
    assert abs(grant.access_token_expires_at - now - timedelta(days=14)) < timedelta(seconds=1)
    assert not clock_steps.was_set_back(now)


def test_whoever_waits_for_the_next_attempt_is_tried_at_once(acme, sandbox, fill, step):
    now = clock.now()
    fill(acme, 2, failing_since=now, failure_count=1, last_error="token endpoint answered 503")
    Grant.objects.update(refresh_due_at=now + step + timedelta(minutes=2))
    Heartbeat.objects.beat("worker host-1", now=now + step)

    assert drain(acme, sandbox) == 2


def test_operators_and_users_are_told_at_once(acme, fill, step, mailoutbox, settings):
    settings.ADMINS = [("Ops", "ops@example.com")]
    now = clock.now()
    (grant,) = fill(acme, 1, status=Grant.Status.CONSENT_LOST)
    later = {"notice_attempts": 1, "notice_after": now + step}
    AppIncident.objects.create(app=acme, reason="invalid_client", began_at=now + step, **later)
    GrantEvent.objects.create(grant=grant, kind="CONSENT_LOST", at=now, notice_due=True, **later)
    Heartbeat.objects.beat("sweep", now=now + step)

    sweep.begin(now=now)
    notices.send_all(now=now)

    assert len(mailoutbox) == 2
    assert AppIncident.objects.get().began_at == now


def test_processes_of_the_future_may_be_dead(acme, step):
    now = clock.now()
    for name in ("sweep", "beat", "worker host-1"):
        health.beat(name, now=now + step)

    report = health.report(now)

    assert report.background.is_late
    assert not report.background.workers
    assert not health.check_background(now)["beat"]


def test_a_sweep_that_finds_nothing_in_the_future_mends_nothing(acme, fill, caplog):
    fill(acme, 1)
    for _ in range(2):
        sweep.begin(now=clock.now())

    assert "set back" not in caplog.text


# --- Linking ------------------------------------------------------------------------------------


def test_a_secret_saved_while_the_clock_was_ahead_lets_users_link(acme, alice_browser, step):
    acme.replace_secret(acme.client_secret, now=clock.now() + step)
    acme.save()

    alice_browser.link(ALICE_AT_WEBEX)

    assert Grant.objects.active().count() == 1


def test_the_users_of_a_clock_that_was_ahead_come_back_from_webex(acme, alice_browser, step):
    arrival = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    AuthorizationRequest.objects.update(created_at=clock.now() + step)
    Heartbeat.objects.beat("sweep", now=clock.now() + step)
    sweep.begin(now=clock.now())

    alice_browser.come_back(arrival)

    assert Grant.objects.active().count() == 1
    request = AuthorizationRequest.objects.get()
    assert request.created_at <= clock.now(), "it would be open for longer than ten minutes"


def test_device_logins_of_the_future_end_and_count_for_no_limit(acme, alice, step):
    acme.device_linking_enabled = True
    acme.save()
    now, brand = clock.now(), acme.branded_urls.first()
    ahead = now + step
    for _ in range(10):
        DeviceAuthorization.objects.all().reserve(
            user=alice, brand=brand, session_key="x", now=ahead
        )
    Heartbeat.objects.beat("sweep", now=ahead)

    sweep.begin(now=now)

    assert not DeviceAuthorization.objects.all().live().exists()
    assert DeviceAuthorization.objects.all().reserve(
        user=alice, brand=brand, session_key="x", now=now
    )
