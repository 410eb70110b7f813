"""Nothing grows without bound because nobody clears it away."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from integrations import clock
from integrations.models import (
    AppIncident,
    AuthorizationRequest,
    GrantEvent,
    Heartbeat,
    Lease,
)
from integrations.operations import housekeeping


@pytest.mark.parametrize(("started", "kept"), [(1, 1), (99, 99), (100, 100), (130, 100)])
def test_answered_consents_of_one_user_are_a_hundred_at_most(
    alice, acme, browser, started, kept, bob
):
    brand = acme.branded_urls.first()

    for user in (bob, *[alice] * started):
        AuthorizationRequest.objects.begin(
            user=user, brand=brand, browser_binding="b", next_path="", now=clock.now()
        )
        AuthorizationRequest.objects.update(consumed_at=clock.now())

    assert AuthorizationRequest.objects.filter(user=alice).count() == kept
    assert AuthorizationRequest.objects.filter(user=bob).count() == 1


@pytest.mark.parametrize(("age", "is_kept"), [(-60, True), (60, False)])
def test_sessions_that_are_over_are_deleted(alice_browser, age, is_kept):
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=age))

    housekeeping.tidy(now=clock.now())

    assert Session.objects.exists() is is_kept


def ages(model, moment):
    now = clock.now()
    return sorted((now - at).days for at in model.objects.values_list(moment, flat=True))


def test_history_is_kept_for_as_long_as_the_operator_wants(acme, link, settings):
    settings.HISTORY_DAYS = 30
    grant, now = link("alice", acme), clock.now()
    GrantEvent.objects.all().delete()
    for days in (40, 29, 31, 1, 300):
        at = now - timedelta(days=days)
        GrantEvent.objects.create(grant=grant, kind=GrantEvent.Kind.LINKED, at=at)
        AppIncident.objects.create(app=acme, began_at=at, ended_at=at)
    AppIncident.objects.create(app=acme, began_at=now - timedelta(days=300))  # not over

    housekeeping.tidy(now=now)

    assert ages(GrantEvent, "at") == [1, 29]
    assert ages(AppIncident, "began_at") == [1, 29, 300]


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
def test_many_rows_are_deleted_in_small_steps(db, monkeypatch, rows):
    monkeypatch.setattr(housekeeping, "STEP", 2)
    monkeypatch.setattr(housekeeping, "MOST_STEPS", 2)
    now = clock.now()
    for number in range(rows):
        Session.objects.create(pk=f"{number}", expire_date=now - timedelta(days=1))

    housekeeping.forget(now=now)

    assert Session.objects.count() == max(rows - 4, 0)  # the next run goes on


def test_hosts_and_leases_that_nobody_heard_of_for_a_day_are_forgotten(db):
    now = clock.now()
    for hours in (1, 25):
        at = now - timedelta(hours=hours)
        Heartbeat.objects.create(name=f"worker {hours}", at=at)
        Lease.objects.create(name=f"mail {hours}", expires_at=at)
    Heartbeat.objects.create(name="beat", at=now - timedelta(days=9))  # status tells since when

    housekeeping.forget(now=now)

    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"worker 1", "beat"}
    assert set(Lease.objects.values_list("name", flat=True)) == {"mail 1"}
