"""One truth: whatever reports on renewals says the same, and the worst of it wins."""

import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from integrations import clock
from integrations.models import AppIncident, Grant, GrantEvent, WebexApp
from integrations.operations import health, readiness
from integrations.operations.check import Level
from tests.integrations.renewal.draining import TOKEN, drained
from tests.sharing_out import slow

pytestmark = pytest.mark.usefixtures("brisk", "everything_runs")

HOST = {"HTTP_HOST": "admin.example.com", "secure": True}
DOWN = {"status": 503, "headers": {"trackingid": "ROUTER_503"}}
GREEN = ("Tokens are kept fresh", "Every integration is ready", "kept fresh by themselves")
WORDS = ["all is well", "look soon", "act now"]


def failing(grants, *, minutes, error="token endpoint answered 503"):
    """As after that many minutes of retries, each of which moved the due moment."""
    now = clock.now()
    Grant.objects.filter(pk__in=[grant.pk for grant in grants]).update(
        failure_count=10, failing_since=now - timedelta(minutes=minutes),
        refresh_due_at=now + timedelta(minutes=20), last_error=error, last_tracking_id="ROUTER_503",
        refreshed_at=now - timedelta(days=8),
    )  # fmt: skip


def trouble(app):
    cache.clear()
    fresh = WebexApp.objects.get(pk=app.pk)
    return readiness.check_all([fresh], now=clock.now())[app.pk].trouble


def codes(app):
    return [(check.code, check.level.exit_code) for check in trouble(app)]


def run(command):
    out = io.StringIO()
    try:
        call_command(command, stdout=out, no_color=True)
    except SystemExit as end:
        return end.code, out.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def everywhere(client, sam, app, settings):
    """What each place makes of it, as 0, 1 or 2, and all that they say."""
    cache.clear()
    settings.METRICS_TOKEN = "correct horse battery staple"
    bearer = {"Authorization": "Bearer correct horse battery staple"}
    metrics = client.get("/metrics/", headers=bearer, **HOST).text
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[0] != "#")
    ready = client.get("/readyz/background/", **HOST)
    assert ready.status_code == 200, "a web server was taken out for what Webex does"
    status, registration = run("status"), run("check_registration")
    pages = {
        "overview": sam.get("/admin/").text,
        "list": sam.get("/admin/integrations/webexapp/").text,
        "panel": sam.get(f"/admin/integrations/webexapp/{app.pk}/change/").text,
    }
    levels = {
        "metrics": int(float(values["webex_trouble_level"])),
        "readyz": WORDS.index(ready.json()["renewals"]),
        "status": status[0],
        "check_registration": registration[0],
    }
    for name, page in pages.items():
        levels[name] = 2 if "Act now" in page else 1 if "Look soon" in page else 0
    return levels, pages | {"status": status[1], "check_registration": registration[1]}


# --- Every place says it ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, *slow(1, 20)])
def test_while_every_renewal_fails_for_hours_every_place_says_act_now(
    client, sam, acme, fill, settings, count
):  # fmt: skip
    failing(fill(acme, count), minutes=300)

    levels, texts = everywhere(client, sam, acme, settings)

    assert set(levels.values()) == {2}, levels
    for name, text in texts.items():
        assert not any(green in text for green in GREEN), name
    for name in set(texts) - {"list"}:
        assert "No renewal succeeded since" in texts[name], name
        assert "Webex answers with an error of its own (503)." in texts[name], name
        assert "ROUTER_503" in texts[name], name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [0, 2, *slow(1, 20)])
def test_while_all_is_well_every_place_says_so(client, sam, acme, fill, settings, count):
    fill(acme, count)

    levels, texts = everywhere(client, sam, acme, settings)

    assert set(levels.values()) == {0}, levels
    assert "Every integration is ready." in texts["overview"]
    assert ("Tokens are kept fresh." in texts["overview"]) == (count > 0)
    assert ("so there is nothing to renew" in texts["overview"]) == (count == 0)


@pytest.mark.django_db(transaction=True)
def test_the_worst_of_several_integrations_wins(client, sam, acme, globex, fill, settings):
    failing(fill(acme, 2), minutes=5)
    failing(fill(globex, 2), minutes=300)

    levels, texts = everywhere(client, sam, globex, settings)

    assert set(levels.values()) == {2}, levels
    said = texts["status"].partition("Act now.")[2]
    assert said.index("Globex") < said.index("Acme")
    assert health.report(clock.now()).levels == {"Acme": Level.ASKS, "Globex": Level.BLOCKS}


# --- Failing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_first_failures_of_all_are_worth_a_look(acme, fill, sandbox, count):
    fill(acme, count)
    sandbox.fault(TOKEN, times=None, **DOWN)

    drained(acme)

    (check,) = trouble(acme)
    assert (check.code, check.level) == ("failing", Level.ASKS)
    assert (check.since is not None, check.tracking_id) == (True, "ROUTER_503")


def told_after(minutes, acme, later):
    later(minutes=minutes)
    health.beat("sweep", now=clock.now())
    drained(acme)
    return codes(acme)


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_an_outage_in_the_middle_of_a_drain_is_seen_though_others_were_renewed(
    acme, fill, sandbox, later, count
):
    for grant in fill(acme, count + 1)[1:]:
        sandbox.fault(TOKEN, person=grant.person_email, times=None, **DOWN)
    told = [told_after(0, acme, later)]
    sandbox.fault(TOKEN, times=None, **DOWN)  # the first one, too, from now on
    told += [told_after(minutes, acme, later) for minutes in (6, 61)]

    few = [[], [("failing", 1)], [("failing", 2)]] if count > 1 else [[], [], [("late", 1)]]
    assert told == (few if count < 8 else [[("paused", 1)], [("paused", 1)], [("paused", 2)]])


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_an_outage_is_seen_although_one_fails_for_days_for_reasons_of_its_own(
    acme, globex, fill, sandbox, later, count
):
    fill(globex, 2)
    own, *_others = fill(acme, count + 1)
    failing([own], minutes=3 * 24 * 60, error="token endpoint answered 400")
    lately = clock.now() - timedelta(minutes=30)
    Grant.objects.exclude(pk=own.pk).update(refreshed_at=lately)
    assert codes(acme) == [("late", 1)]
    sandbox.fault(TOKEN, times=None, **DOWN)
    told = [told_after(minutes, acme, later) for minutes in (0, 6, 61)]

    (said,) = trouble(acme)
    assert [level for ((_code, level),) in told] == [1, 1, 2]
    assert "Webex answers with an error of its own (503)" in said.sentence
    assert said.since > lately


def test_two_that_fail_for_ever_are_no_new_outage_each_time_nobody_else_is_due(acme, fill):
    grants = fill(acme, 3, refresh_due_at=clock.now() + timedelta(days=3))
    failing(grants[:2], minutes=600)
    an_hour_ago = clock.now() - timedelta(minutes=61)
    Grant.objects.filter(pk=grants[2].pk).update(refreshed_at=an_hour_ago)

    assert codes(acme) == [("late", 1)]


def test_overdue_counts_from_the_first_failure_not_from_the_last_retry(acme, fill, sandbox, later):
    fill(acme, 2)
    sandbox.fault(TOKEN, times=None, **DOWN)
    for _ in range(10):
        drained(acme)
        later(hours=1, minutes=10)

    report = health.report(clock.now())

    assert report.figures.overdue == 2
    assert report.level is Level.BLOCKS


@pytest.mark.parametrize("count", [2, 20])
def test_while_others_are_renewed_one_that_fails_is_looked_at_after_an_hour(acme, fill, count):
    grants = fill(acme, count)
    failing(grants[:1], minutes=59)
    Grant.objects.filter(pk=grants[1].pk).update(refreshed_at=clock.now())
    assert codes(acme) == []

    failing(grants[:1], minutes=61)

    assert codes(acme) == [("late", 1)]


def test_it_is_over_when_they_are_renewed(acme, fill, sandbox, later):
    fill(acme, 2)
    sandbox.fault(TOKEN, times=None, **DOWN)
    drained(acme)
    later(minutes=5)
    health.beat("sweep", now=clock.now())
    sandbox.clear_faults()

    drained(acme)

    assert codes(acme) == []


def test_what_was_due_for_an_hour_and_not_tried_is_named(acme, fill):
    fill(acme, 3, refresh_due_at=clock.now() - timedelta(hours=2))
    assert codes(acme) == [("overdue", 2)]
    newest = Grant.objects.latest("pk")

    Grant.objects.filter(pk=newest.pk).update(
        refreshed_at=clock.now(), refresh_due_at=clock.now() + timedelta(days=7)
    )

    assert codes(acme) == [("overdue", 1)]


@pytest.mark.parametrize("columns", [{"is_active": False}, {}])
def test_nobody_expects_renewals_where_none_are_made(acme, fill, columns):
    grants = fill(acme, 2)
    failing(grants, minutes=300)
    if columns:
        for grant in grants:
            type(grant.user).objects.filter(pk=grant.user_id).update(**columns)
    else:
        WebexApp.objects.filter(pk=acme.pk).update(is_enabled=False)

    assert codes(acme) == []


def test_too_many_sessions_of_a_user_are_no_operators_alarm(acme, fill):
    failing(fill(acme, 2), minutes=300, error="tokenlimit_reached")

    assert codes(acme) == []


# --- Nobody at work -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_once_nobody_looks_for_what_is_due_no_integration_is_ready(sam, acme, fill):
    fill(acme, 1)
    health.beat("sweep", now=clock.now() - timedelta(minutes=30))

    pages = [
        sam.get("/admin/").text,
        sam.get("/admin/integrations/webexapp/").text,
        sam.get(f"/admin/integrations/webexapp/{acme.pk}/change/").text,
    ]

    assert (run("status")[0], run("check_registration")[0]) == (2, 2)
    assert all("Act now" in page for page in pages)
    assert not any(green in page for page in pages for green in (*GREEN, "Ready"))
    assert run("status")[1].count("nobody has looked for what is due since") == 1


# --- Mails --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_mails_that_nobody_could_send_are_worth_a_look(client, sam, acme, fill, settings):
    (grant,) = fill(acme, 1)
    at = clock.now() - timedelta(minutes=14)
    GrantEvent.objects.create(grant=grant, kind="CONSENT_LOST", at=at, notice_due=True)
    AppIncident.objects.create(
        app=acme, reason="503", began_at=at, ended_at=clock.now(), announced_at=at
    )
    assert run("status")[0] == 0

    GrantEvent.objects.update(at=clock.now() - timedelta(minutes=16))

    code, text = run("status")
    assert code == 1
    assert "2 mails of the portal could not be sent, the first since" in text
    assert "Is EMAIL_URL right" in text
    assert "2 mails of the portal could not be sent" in sam.get("/admin/").text
