"""Who is given up and who is not: one, two, three and many, of one organisation and of two."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from tests.integrations.renewal.draining import BARE_REFUSAL, INVALID_GRANT, TOKEN, drained
from tests.sharing_out import slow

pytestmark = pytest.mark.usefixtures("brisk")
ACTIVE, LOST = Grant.Status.ACTIVE, Grant.Status.CONSENT_LOST


@pytest.fixture
def pass_minutes(acme, later):
    """Renews what is due, minute after minute, as sweeps do."""

    def pass_by(minutes):
        for _ in range(minutes):
            drained(acme)
            later(seconds=61)

    return pass_by


def statuses():
    return set(Grant.objects.values_list("status", flat=True))


def change_secret_at_webex(sandbox, app):
    registered = sandbox.state.integrations[app.client_id]
    right, registered.client_secret = registered.client_secret, "regenerated"
    return right


@pytest.mark.parametrize("count", [1, 3, *slow(2, 8)])
@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_a_wrong_client_secret_costs_nobody_their_consent(
    acme, fill, sandbox, calls, pass_minutes, count, shape
):
    sandbox.scenario.update({"error_shape": shape})
    fill(acme, count)
    change_secret_at_webex(sandbox, acme)

    pass_minutes(5)

    assert statuses() == {ACTIVE}
    assert not GrantEvent.objects.exists()
    incident = AppIncident.objects.get()
    assert incident.ended_at is None
    assert WebexApp.objects.get(pk=acme.pk).is_paused(clock.now())
    assert len(calls()) <= 3


@pytest.mark.parametrize("count", [2, *slow(1)])
def test_who_stays_in_doubt_is_asked_about_more_and_more_seldom(
    acme, fill, sandbox, calls, pass_minutes, count
):
    """A wrong client is answered alike, so nothing is proven for a day."""
    fill(acme, count)
    sandbox.fault(TOKEN, times=None, **INVALID_GRANT)

    pass_minutes(60)

    assert statuses() == {ACTIVE}
    assert 10 * count < len(calls()) < 20 * count


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_the_only_ones_that_are_linked_are_given_up_when_they_are_dead(
    acme, fill, sandbox, pass_minutes, count, shape
):
    sandbox.scenario.update({"error_shape": shape})
    for grant in fill(acme, count):
        sandbox.revoke(grant.person_email, acme.client_id)

    pass_minutes(3)

    assert statuses() == {LOST}
    assert GrantEvent.objects.filter(kind="CONSENT_LOST").count() == count
    assert not AppIncident.objects.exists()


@pytest.mark.parametrize("count", [3, *slow(10)])
@pytest.mark.parametrize("shape", ["gateway", "oauth"])
def test_nobody_is_green_for_ever_because_everybody_is_dead(
    acme, fill, sandbox, pass_minutes, later, count, shape
):
    sandbox.scenario.update({"error_shape": shape})
    for grant in fill(acme, count):
        sandbox.revoke(grant.person_email, acme.client_id)

    pass_minutes(12)
    assert statuses() == {ACTIVE}, "a provider may be wrong about everybody for half an hour"
    later(minutes=40)
    pass_minutes(2)

    assert statuses() == {LOST}
    assert GrantEvent.objects.filter(kind="CONSENT_LOST").count() == count


@pytest.mark.parametrize("count", [3, *slow(1, 2, 10)])
@pytest.mark.parametrize("answer", [INVALID_GRANT, BARE_REFUSAL, BARE_REFUSAL | {"status": 400}])
def test_a_provider_that_refuses_everybody_for_half_an_hour_costs_nobody_their_consent(
    acme, fill, sandbox, pass_minutes, later, count, answer
):
    fill(acme, count)
    sandbox.fault(TOKEN, times=None, **answer)

    pass_minutes(30)

    assert statuses() == {ACTIVE}
    assert not GrantEvent.objects.exists()
    sandbox.clear_faults()
    later(minutes=10)
    pass_minutes(2)
    assert not Grant.objects.exclude(suspect_since=None).exists()
    assert not WebexApp.objects.get(pk=acme.pk).is_paused(clock.now())


def test_a_mass_revocation_holds_no_living_grant_up(acme, fill, sandbox, pass_minutes):
    grants = fill(acme, 60)
    dead = [grant for number, grant in enumerate(grants) if number % 7 < 5]
    for grant in dead:
        sandbox.revoke(grant.person_email, acme.client_id)

    drained(acme)

    renewed = Grant.objects.filter(refresh_due_at__gt=clock.now() + timedelta(days=1))
    assert set(renewed) == set(grants) - set(dead)
    pass_minutes(3)
    assert set(Grant.objects.filter(status=LOST)) == set(dead)


@pytest.mark.parametrize("healthy", [2, *slow(1, 10)])
def test_an_organisation_that_withdraws_its_consent_holds_nobody_else_up(
    acme, fill, sandbox, pass_minutes, healthy
):
    """Theirs are a little more overdue, so they are asked first."""
    theirs = fill(acme, 20, org_id="withdrawn")
    others = fill(acme, healthy, org_id="other")
    for grant in theirs:
        sandbox.revoke(grant.person_email, acme.client_id)

    drained(acme)

    renewed = Grant.objects.filter(refresh_due_at__gt=clock.now() + timedelta(days=1))
    assert set(renewed) == set(others)
    pass_minutes(3)
    assert set(Grant.objects.filter(status=LOST)) == set(theirs)
    assert not WebexApp.objects.get(pk=acme.pk).is_paused(clock.now())


def test_while_everybody_is_refused_several_organisations_are_tried_at_once(
    acme, fill, sandbox, calls, later
):
    orgs = ["a", "b", "c", "d"]
    grants = {grant.person_email: org for org in orgs for grant in fill(acme, 10, org_id=org)}
    sandbox.fault(TOKEN, times=None, **INVALID_GRANT)
    drained(acme)
    later(minutes=6)
    before = len(calls())

    drained(acme)

    asked = [grants[call.person_email] for call in calls()[before:]]
    assert len(asked) >= 3
    assert len(set(asked)) >= 3
