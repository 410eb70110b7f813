"""Two client secrets while one is changed: nothing stops, and nobody is given up because of one."""

import pytest

from integrations import clock
from integrations.errors import InvalidClient, Refused
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from integrations.renewal import client_probe, on_demand
from integrations.renewal.refusal_policy import Client
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.conftest import TOKENS
from tests.integrations.renewal.conftest import panel, replace
from tests.integrations.renewal.draining import drained

pytestmark = pytest.mark.usefixtures("brisk")
ACTIVE, LOST = Grant.Status.ACTIVE, Grant.Status.CONSENT_LOST
SHAPES = pytest.mark.parametrize("shape", ["gateway", "oauth"])
COUNTS = pytest.mark.parametrize(
    ("count", "shape"),
    [*((count, "gateway") for count in (0, 1, 2, 3, 12)), (1, "oauth"), (3, "oauth")],
)


@pytest.fixture
def pass_minutes(acme, later):
    def pass_by(minutes):
        done = 0
        for _ in range(minutes):
            done += drained(acme).get("RENEWED", 0)
            later(seconds=61)
        return done

    return pass_by


def secrets_used(sandbox):
    return [call.form["client_secret"] for call in sandbox.ledger.find(TOKENS)]


def sentences(app):
    return " ".join(check.sentence for check in panel(app).checks)


# --- In the background ---------------------------------------------------------------------------


@COUNTS
def test_a_mistyped_secret_stops_no_renewal(mistyped, fill, sandbox, pass_minutes, count, shape):
    sandbox.scenario.update({"error_shape": shape})
    fill(mistyped, count)

    assert pass_minutes(2) == count

    assert set(Grant.objects.values_list("status", flat=True)) <= {ACTIVE}
    assert not GrantEvent.objects.exists()
    assert not AppIncident.objects.exists()
    assert not Grant.objects.exclude(suspect_since=None).exists()
    assert not WebexApp.objects.get(pk=mistyped.pk).is_paused(clock.now())
    assert len(secrets_used(sandbox)) <= count + 5
    if count:
        assert "the one before it works and is used" in sentences(mistyped)
        assert panel(mistyped).summary == "Look soon"


@COUNTS
def test_the_new_secret_alone_is_used_while_webex_accepts_it(
    regenerated, fill, sandbox, pass_minutes, count, shape
):
    sandbox.scenario.update({"error_shape": shape})
    fill(regenerated, count)

    assert pass_minutes(1) == count

    assert set(secrets_used(sandbox)) <= {"regenerated"}


@COUNTS
def test_where_both_are_refused_the_integration_pauses_and_nobody_is_given_up(
    mistyped, fill, sandbox, pass_minutes, count, shape
):
    sandbox.scenario.update({"error_shape": shape})
    sandbox.state.integrations[mistyped.client_id].client_secret = "neither"
    fill(mistyped, count)

    assert pass_minutes(5) == 0

    assert set(Grant.objects.values_list("status", flat=True)) <= {ACTIVE}
    assert not GrantEvent.objects.exists()
    assert AppIncident.objects.count() == min(count, 1)
    assert WebexApp.objects.get(pk=mistyped.pk).is_paused(clock.now()) is (count > 0)
    assert len(secrets_used(sandbox)) <= 8
    replace(mistyped, "neither")
    assert pass_minutes(2) == count


@SHAPES
@pytest.mark.parametrize("living", [0, 1, 10])
def test_the_dead_are_told_from_the_living_with_the_secret_that_works(
    mistyped, fill, sandbox, pass_minutes, living, shape
):
    sandbox.scenario.update({"error_shape": shape})
    dead = fill(mistyped, 2)
    alive = fill(mistyped, living)
    for grant in dead:
        sandbox.revoke(grant.person_email, mistyped.client_id)

    assert pass_minutes(4) >= living  # one of them once more, as proof

    assert set(Grant.objects.filter(status=LOST)) == set(dead)
    assert set(Grant.objects.filter(status=ACTIVE)) == set(alive)


def test_a_secret_that_ends_in_the_middle_of_a_drain_costs_nobody_anything(
    mistyped, fill, sandbox, pass_minutes
):
    """Webex comes to know the new one, and ends the old one, while the old one is preferred."""
    fill(mistyped, 12)
    assert pass_minutes(1) == 12
    sandbox.state.integrations[mistyped.client_id].client_secret = "mistyped"
    Grant.objects.update(refresh_due_at=clock.now())

    assert pass_minutes(2) == 12

    assert not Grant.objects.exclude(suspect_since=None).exists()
    assert not AppIncident.objects.exists()
    assert "Webex accepts the client ID and the new secret." in sentences(mistyped)


# --- One call at a time --------------------------------------------------------------------------


@SHAPES
def test_a_page_needs_two_calls_once_and_then_one(mistyped, link, sandbox, later, shape):
    sandbox.scenario.update({"error_shape": shape})
    wanted = [link(name, mistyped) for name in ("alice", "bob", "carol")]
    right = mistyped.previous_client_secret

    outcomes = [on_demand.renew(Grant.objects.get(pk=g.pk), now=clock.now()) for g in wanted[:2]]
    later(minutes=11)
    outcomes.append(on_demand.renew(Grant.objects.get(pk=wanted[2].pk), now=clock.now()))

    assert set(outcomes) == {on_demand.Outcome.RENEWED}
    assert secrets_used(sandbox) == ["mistyped", right, right, "mistyped", right]
    assert not AppIncident.objects.exists()


def test_once_webex_accepts_the_new_one_it_is_used_again(mistyped, link, sandbox, later):
    [first, second] = [link(name, mistyped) for name in ("alice", "bob")]
    on_demand.renew(first, now=clock.now())
    sandbox.state.integrations[mistyped.client_id].client_secret = "mistyped"

    on_demand.renew(Grant.objects.get(pk=second.pk), now=clock.now())

    app = WebexApp.objects.get(pk=mistyped.pk)
    assert app.client_answer == Client.ACCEPTED
    assert not app.relies_on_previous_secret


@SHAPES
def test_linking_goes_on(mistyped, alice_browser, sandbox, shape):
    sandbox.scenario.update({"error_shape": shape})

    alice_browser.link(ALICE_AT_WEBEX)

    assert alice_browser.badge() == "linked"
    assert WebexApp.objects.get(pk=mistyped.pk).relies_on_previous_secret


def test_where_both_are_refused_linking_says_what_it_said_before(mistyped, alice_browser, sandbox):
    sandbox.state.integrations[mistyped.client_id].client_secret = "neither"

    alice_browser.link(ALICE_AT_WEBEX)

    assert alice_browser.badge() == "not-linked"
    assert not WebexApp.objects.get(pk=mistyped.pk).relies_on_previous_secret


def test_an_outage_is_taken_for_no_answer_about_either(mistyped, link, sandbox):
    grant = link("alice", mistyped)
    sandbox.fault(TOKENS, times=None, status=503)

    assert on_demand.renew(grant, now=clock.now()) is on_demand.Outcome.RETRY_LATER

    assert WebexApp.objects.get(pk=mistyped.pk).client_answer == ""


@pytest.mark.parametrize(
    ("webex_has", "answer"),
    [("mistyped", Client.ACCEPTED), ("before", Client.PREVIOUS), ("neither", Client.REFUSED)],
)
@SHAPES
def test_the_probe_says_which_one_webex_accepts(mistyped, sandbox, webex_has, answer, shape):
    sandbox.scenario.update({"error_shape": shape})
    if webex_has != "before":
        sandbox.state.integrations[mistyped.client_id].client_secret = webex_has

    assert client_probe.check(mistyped, now=clock.now()) is answer

    assert WebexApp.objects.get(pk=mistyped.pk).client_answer == answer


def test_the_first_refusal_is_what_a_caller_hears_of(mistyped):
    def refuse(client):
        raise InvalidClient("new") if client.secret == "mistyped" else Refused("old", status=401)

    with pytest.raises(InvalidClient, match="new"):
        on_demand.Clients(mistyped, now=clock.now()).ask(refuse)
