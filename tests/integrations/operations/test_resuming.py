"""“Try now” and `manage.py resume_integration`: a pause that does not wait for its end."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from integrations import actor, clock
from integrations.errors import WebexUnavailable
from integrations.models import AppIncident, AuditEvent, Grant, WebexApp, WebhookDelivery
from integrations.models import WebhookEndpoint as Endpoint
from integrations.renewal import outcomes, sweep
from tests.integrations.admin.conftest import ADMIN_HOST, ed, paula, vera
from tests.integrations.renewal.draining import TOKEN, drained
from tests.integrations.two_brands import World

__all__ = ["ed", "paula", "vera"]

pytestmark = pytest.mark.usefixtures("brisk", "everything_runs")

APPS = "/admin/integrations/webexapp/"
ASKED = "integration.resume_asked"


def pause(app, *, minutes=30, reason="token endpoint answered 503 (status 503, ROUTER_1)"):
    until = clock.now() + timedelta(minutes=minutes)
    facts = {"refresh_paused_until": until, "pause_reason": reason, "pause_count": 6}
    WebexApp.objects.filter(pk=app.pk).update(**facts)


def press(client, app):
    return client.post(f"{APPS}{app.pk}/resume/", follow=True).text


def resume(name):
    """The exit code, and what the command says."""
    out = io.StringIO()
    try:
        call_command("resume_integration", name, stdout=out, no_color=True)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def told():
    return list(WebhookDelivery.objects.order_by("pk").values_list("event_type", flat=True))


def paused_for(app):
    app.refresh_from_db()
    return app.refresh_paused_until and app.refresh_paused_until - clock.now()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 2, 30])
def test_an_outage_that_is_over_need_not_be_waited_for(ed, acme, fill, count):
    events = ["integration.paused", "integration.resumed"]
    Endpoint.objects.create(
        name="Desk",
        url="https://desk.example",
        events=events,
        secret="s" * 32,
        created_at=clock.now(),
    )
    fill(acme, count)
    outcomes.pause(acme, WebexUnavailable("answered 503", status=503), now=clock.now())
    assert ">Try now</button>" in ed.get(f"{APPS}{acme.pk}/change/").text

    page = press(ed, acme)

    assert "“Acme” is tried now. Reload this page in a moment" in page
    assert told() == ["integration.paused"], "asked for is not renewed yet"
    assert ">Try now</button>" not in page
    assert sweep.apps_with_work(clock.now()) == [acme.pk]
    assert drained(acme) == {"RENEWED": count}
    assert (paused_for(acme), AppIncident.objects.get().ended_at is None) == (None, False)
    assert told() == events
    names = [event.action for event in AuditEvent.objects.filter(action__startswith="integration")]
    assert names == ["integration.paused", ASKED, "integration.resumed"]
    assert AuditEvent.objects.get(action=ASKED).actor_name == "ed"


@pytest.mark.parametrize("count", [1, 2, 30])
def test_one_that_fails_again_is_paused_again_at_the_price_of_one_call(
    acme, fill, sandbox, calls, count
):
    fill(acme, count)
    pause(acme)
    AppIncident.objects.create(app=acme, reason="503", began_at=clock.now() - timedelta(hours=1))
    sandbox.fault(TOKEN, status=503, times=None)

    assert resume("Acme")[0] == 0
    drained(acme)

    assert len(calls()) == 1
    assert timedelta(minutes=1) < paused_for(acme) < timedelta(minutes=3), "the pauses grow anew"
    assert AppIncident.objects.get().ended_at is None, "no second mail"
    assert resume("Acme")[0] == 0


def test_what_waits_after_its_own_failure_is_tried_with_it(acme, fill):
    grants = fill(acme, 3)
    later, now = clock.now() + timedelta(hours=1), clock.now()
    Grant.objects.update(failing_since=now, refresh_due_at=later, last_error="no connection")
    busy = Grant.objects.filter(pk=grants[0].pk)
    busy.update(last_error="tokenlimit_reached")
    pause(acme)

    resume("Acme")

    assert drained(acme) == {"RENEWED": 2}
    assert busy.get().refresh_due_at == later, "whoever has too many sessions waits on"


@pytest.mark.parametrize("how", ["not paused", "over", "off"])
def test_one_that_is_not_paused_is_left_alone_with_a_sentence(paula, acme, how):
    if how != "not paused":
        pause(acme, minutes=-1 if how == "over" else 30)
    WebexApp.objects.update(is_enabled=how != "off")
    before = WebexApp.objects.values().get()

    page = press(paula, acme)
    code, text = resume("Acme")

    assert "“Acme” is not paused, so nothing was changed." in page
    assert code == (2 if how == "off" else 1)
    assert ("no enabled integration" if how == "off" else "is not paused") in text
    assert WebexApp.objects.values().get() == before
    assert not AuditEvent.objects.filter(action=ASKED).exists()


def test_who_was_asked_to_wait_waits(ed, acme, fill, sandbox, calls):
    fill(acme, 2)
    sandbox.fault(TOKEN, status=429, headers={"Retry-After": "300"})
    drained(acme)
    assert ">Try now</button>" not in ed.get(f"{APPS}{acme.pk}/change/").text

    page = press(ed, acme)

    assert "Webex asked “Acme” to wait until" in page
    assert (resume("Acme")[0], paused_for(acme) > timedelta(minutes=4)) == (1, True)
    assert (drained(acme), len(calls())) == ({}, 1)


def test_an_unknown_name_and_a_command_are_told_apart(acme):
    actor.work_as("manage.py resume_integration")
    pause(acme)

    assert resume("Nobody") == (2, "There is no enabled integration named “Nobody”.")
    code, text = resume("Acme")

    assert (code, "A worker tries it within 60 seconds" in text) == (0, True)
    assert AuditEvent.objects.get(action=ASKED).actor_name == "manage.py resume_integration"


@pytest.mark.parametrize("who", ["vera", "ed"])
def test_it_takes_a_post_of_somebody_who_may_change_it(request, who, acme):
    client, url = request.getfixturevalue(who), f"{APPS}{acme.pk}/resume/"
    pause(acme)
    assert ("Try now" in client.get(f"{APPS}{acme.pk}/change/").text) is (who == "ed")

    statuses = {client.get(url).status_code, client.post(url).status_code}

    assert statuses == ({403, 302} if who == "ed" else {403})
    assert AuditEvent.objects.filter(action=ASKED).exists() is (who == "ed")


def test_a_brands_administrator_resumes_what_is_theirs_alone(db, browser):
    world = World()
    anna = browser(world.anna, ADMIN_HOST)
    for app in (world.acme, world.shared, world.foreign):
        WebexApp.objects.filter(pk=app.pk).update(is_enabled=True)
        pause(app)

    for app, status in ((world.acme, 302), (world.shared, 403), (world.foreign, 404)):
        assert anna.post(f"{APPS}{app.pk}/resume/").status_code == status

    resumed = AuditEvent.objects.filter(action=ASKED).values_list("object_label", flat=True)
    assert list(resumed) == ["Acme"]
