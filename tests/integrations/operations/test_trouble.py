"""One truth: whatever reports on renewals says the same, and the worst of it wins."""

import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from integrations import clock
from integrations.models import AppIncident, Grant, WebexApp
from integrations.operations import health, readiness, renewals
from integrations.operations.causes import Cause
from integrations.operations.check import Level
from integrations.renewal import client_probe
from tests.integrations.admin.conftest import sam, staff  # noqa: F401
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN, drained

pytestmark = pytest.mark.usefixtures("brisk")

HOST = {"HTTP_HOST": "admin.example.com", "secure": True}
DOWN = {"status": 503, "headers": {"trackingid": "ROUTER_503"}}
GREEN = ("Tokens are kept fresh", "Every integration is ready", "kept fresh by themselves")
WORDS = ["all is well", "look soon", "act now"]


@pytest.fixture(autouse=True)
def everything_runs(db):
    for name in ("sweep", "beat", "worker host-1"):
        health.beat(name, now=clock.now())


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


def everywhere(client, sam, app, settings):  # noqa: F811
    """What each place makes of it, as 0, 1 or 2, and all that they say."""
    cache.clear()
    settings.METRICS_TOKEN = "correct horse battery staple"
    bearer = {"Authorization": "Bearer correct horse battery staple"}
    metrics = client.get("/metrics/", headers=bearer, **HOST).text
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[0] != "#")
    ready = client.get("/readyz/", **HOST)
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
@pytest.mark.parametrize("count", [1, 2, 20])
def test_while_every_renewal_fails_for_hours_every_place_says_act_now(
    client, sam, acme, fill, settings, count  # noqa: F811
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
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_while_all_is_well_every_place_says_so(client, sam, acme, fill, settings, count):  # noqa: F811
    fill(acme, count)

    levels, texts = everywhere(client, sam, acme, settings)

    assert set(levels.values()) == {0}, levels
    assert "Every integration is ready." in texts["overview"]
    assert ("Tokens are kept fresh." in texts["overview"]) == (count > 0)
    assert ("so there is nothing to renew" in texts["overview"]) == (count == 0)


@pytest.mark.django_db(transaction=True)
def test_the_worst_of_several_integrations_wins(client, sam, acme, globex, fill, settings):  # noqa: F811
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
@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_refused_secret_is_urgent_however_many_are_linked(
    client, sam, acme, fill, sandbox, settings, count  # noqa: F811
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


@pytest.mark.parametrize(
    ("noted", "words", "tracking_id"),
    [
        ("", "What was noted: –.", ""),
        ("token endpoint answered 503", "Webex answers with an error of its own (503).", ""),
        ("x (status 503, R_1)", "Webex answers with an error of its own (503).", "R_1"),
        ("x (status 502)", "Webex answers with an error of its own (502).", ""),
        ("invalid_client (status 401, R_1)", "Webex refuses the client ID and secret.", "R_1"),
        ("Webex refuses the client ID or secret", "Webex refuses the client ID and secret.", ""),
        ("no connection", "Webex cannot be reached (no connection).", ""),
        ("answer lost: a worker died during the call", "The answers of Webex do not arrive.", ""),
        ("undecryptable", "What is stored cannot be read with this encryption key.", ""),
        ("invalid_grant (R_1)", "Webex refuses the tokens (invalid_grant).", "R_1"),
        ("x\ny", "What was noted: x y.", ""),
    ],
)
def test_a_cause_is_told_in_words(noted, words, tracking_id):
    cause = Cause.of(noted)

    assert (cause.in_words, cause.tracking_id) == (words, tracking_id)
