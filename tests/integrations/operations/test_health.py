"""How the background work is doing, as probes, /metrics/ and the figures say it."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from integrations import clock
from integrations.database import schema
from integrations.models import Grant, Heartbeat, KeyCanary, WebexApp
from integrations.operations import health
from tests.integrations.operations.conftest import status
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN, drained

pytestmark = pytest.mark.usefixtures("brisk")

HOST = {"HTTP_HOST": "admin.example.com", "secure": True}


def ready(client, path="/readyz/background/"):
    answer = client.get(path, **HOST)
    return answer.status_code, answer.json()


# --- /readyz/ ---------------------------------------------------------------------------------


def test_ready_while_everything_runs(client, everything_runs):
    code, parts = ready(client)

    assert code == 200
    assert set(parts) == {"database", "encryption_key", "schema", "beat", "sweep", "renewals"}
    assert all(parts.values())


def test_not_ready_before_the_first_sweep(client, db):
    code, parts = ready(client)

    assert code == 503
    assert (parts["sweep"], parts["beat"]) == (False, False)


def test_a_web_server_serves_on_while_beat_and_workers_are_dead(client, db):
    assert ready(client, "/readyz/") == (
        200,
        {"database": True, "encryption_key": True, "schema": True},
    )


def test_before_migrate_was_run_no_web_server_is_ready_and_status_says_so(
    client, everything_runs, monkeypatch
):
    monkeypatch.setattr(schema, "is_complete", False)
    ((app, newest),) = MigrationLoader(None).graph.leaf_nodes("integrations")
    MigrationRecorder(connection).record_unapplied(app, newest)

    assert ready(client, "/readyz/")[0] == 503
    assert ready(client)[1]["schema"] is False
    code, text = status()
    assert code == 2
    assert "act now: The database lacks 1 change that this release needs." in text

    MigrationRecorder(connection).record_applied(app, newest)

    assert ready(client, "/readyz/")[0] == 200
    assert status()[0] == 0


@pytest.mark.parametrize("heartbeat", ["sweep", "beat"])
def test_not_ready_when_a_sign_of_life_is_old(client, everything_runs, settings, heartbeat):
    patience = timedelta(seconds=3 * settings.REFRESH_SWEEP_EVERY + 30)
    moment = clock.now() - patience + timedelta(seconds=10)
    Heartbeat.objects.filter(name=heartbeat).update(at=moment)
    assert ready(client)[0] == 200

    Heartbeat.objects.filter(name=heartbeat).update(at=moment - timedelta(seconds=11))

    code, parts = ready(client)
    assert code == 503
    assert [name for name, well in parts.items() if not well] == [heartbeat]


def test_not_ready_without_the_database(client, everything_runs, monkeypatch):
    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(clock, "now", refuse)

    assert ready(client) == (503, {"database": False})


def test_not_ready_with_the_wrong_key(client, everything_runs):
    table = KeyCanary._meta.db_table
    column = next(f.column for f in KeyCanary._meta.fields if "Encrypted" in type(f).__name__)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 'gAAAAABnonsense'")

    assert ready(client, "/readyz/")[0] == ready(client)[0] == 503


def test_healthz_answers_whatever_is_wrong(client, db):
    assert client.get("/healthz/", **HOST).status_code == 200


# --- /metrics/ --------------------------------------------------------------------------------


def test_metrics_do_not_exist_without_a_token_in_the_settings(client, db, settings):
    settings.METRICS_TOKEN = ""

    for sent in ("", "Bearer ", "Bearer x"):
        answer = client.get("/metrics/", headers={"Authorization": sent}, **HOST)
        assert answer.status_code == 404


def test_metrics_want_the_right_token(client, db, settings):
    settings.METRICS_TOKEN = "correct horse"

    for sent in ("", "Bearer wrong", "correct", "Bearer correct horse battery"):
        answer = client.get("/metrics/", headers={"Authorization": sent}, **HOST)
        assert answer.status_code == 404


# --- figures ----------------------------------------------------------------------------------


def test_the_figures_count_what_they_say(acme, fill, sandbox):
    grants = fill(acme, 30)
    sandbox.fault(TOKEN, person=grants[3].person_email, **INVALID_GRANT)
    sandbox.fault(TOKEN, person=grants[9].person_email, status=500)
    drained(acme)
    fill(acme, 4)
    Grant.objects.filter(pk=grants[5].pk).update(refresh_due_at=clock.now() - timedelta(hours=2))

    figures = health.report(clock.now()).figures

    assert (figures.linked, figures.needs_user, figures.failing) == (33, 1, 1)
    assert (figures.due_now, figures.overdue, figures.renewed) == (5, 1, 28)
    assert figures.renewed_per_minute == pytest.approx(28 / 5)


def test_the_first_red_badge_is_that_of_the_refresh_token_that_dies_first(acme, globex, fill):
    moment = clock.now() + timedelta(days=3)
    fill(acme, 3)
    first = fill(acme, 1, refresh_token_expires_at=moment)[0]
    disabled = fill(globex, 1, refresh_token_expires_at=moment - timedelta(days=1))[0]
    WebexApp.objects.filter(pk=disabled.app_id).update(is_enabled=False)

    assert health.report(clock.now()).first_red_at == first.refresh_token_expires_at


def test_a_paused_integration_is_a_problem_with_its_reason(acme, everything_runs):
    until = clock.now() + timedelta(minutes=5)
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="invalid_client")

    report = health.report(clock.now())

    assert [app.pk for app in report.paused] == [acme.pk]
    assert [str(each).partition(".")[0] for each in report.trouble] == [
        "Acme: Webex refuses the client ID and secret"
    ]


def test_workers_that_are_silent_for_five_minutes_are_not_counted(everything_runs):
    health.beat("worker host-2", now=clock.now() - timedelta(minutes=6))

    assert list(health.report(clock.now()).background.workers) == ["host-1"]
