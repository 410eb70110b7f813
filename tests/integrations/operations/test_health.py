"""How the background work is doing, as /readyz/, /metrics/, `status` and heartbeats say it."""

import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.celery import note
from integrations import clock, tasks
from integrations.database import schema
from integrations.errors import WrongEncryptionKey
from integrations.models import Grant, Heartbeat, KeyCanary, WebexApp
from integrations.operations import health
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN, drained

pytestmark = pytest.mark.usefixtures("brisk")

HOST = {"HTTP_HOST": "admin.example.com", "secure": True}


@pytest.fixture
def all_is_well(db):
    now = clock.now()
    for name in ("sweep", "beat", "worker host-1"):
        health.beat(name, now=now)


def ready(client, path="/readyz/background/"):
    answer = client.get(path, **HOST)
    return answer.status_code, answer.json()


def status():
    out = StringIO()
    try:
        call_command("status", stdout=out, no_color=True)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


# --- /readyz/ ---------------------------------------------------------------------------------


def test_ready_while_all_is_well(client, all_is_well):
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
    client, all_is_well, monkeypatch
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
def test_not_ready_when_a_sign_of_life_is_old(client, all_is_well, settings, heartbeat):
    patience = timedelta(seconds=3 * settings.REFRESH_SWEEP_EVERY + 30)
    moment = clock.now() - patience + timedelta(seconds=10)
    Heartbeat.objects.filter(name=heartbeat).update(at=moment)
    assert ready(client)[0] == 200

    Heartbeat.objects.filter(name=heartbeat).update(at=moment - timedelta(seconds=11))

    code, parts = ready(client)
    assert code == 503
    assert [name for name, well in parts.items() if not well] == [heartbeat]


def test_not_ready_without_the_database(client, all_is_well, monkeypatch):
    def refuse():
        raise OperationalError("connection refused")

    monkeypatch.setattr(clock, "now", refuse)

    assert ready(client) == (503, {"database": False})


def test_not_ready_with_the_wrong_key(client, all_is_well):
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


def test_a_paused_integration_is_a_problem_with_its_reason(acme, all_is_well):
    until = clock.now() + timedelta(minutes=5)
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="invalid_client")

    report = health.report(clock.now())

    assert [app.pk for app in report.paused] == [acme.pk]
    assert [str(each).partition(".")[0] for each in report.trouble] == [
        "Acme: Webex refuses the client ID and secret"
    ]


def test_workers_that_are_silent_for_five_minutes_are_not_counted(all_is_well):
    health.beat("worker host-2", now=clock.now() - timedelta(minutes=6))

    assert list(health.report(clock.now()).background.workers) == ["host-1"]


# --- status -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_0_while_all_is_well(acme, fill, all_is_well):
    fill(acme, 2)

    code, text = status()

    assert code == 0
    assert "linked                                    2" in text
    assert "host-1" in text


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_1_and_a_sentence_without_a_sweep(db):
    code, text = status()

    assert code == 1
    assert "nobody has looked for what is due yet" in text
    assert "never" in text


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_1_while_an_integration_is_paused(acme, all_is_well):
    until = clock.now() + timedelta(minutes=5)
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="no connection")

    code, text = status()

    assert code == 1
    assert "look soon: Acme: Webex cannot be reached (no connection). Renewals are tried" in text


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_2_when_grants_are_overdue_and_none_is_renewed(acme, fill, all_is_well):
    fill(acme, 3, refresh_due_at=clock.now() - timedelta(hours=2))

    code, text = status()

    assert code == 2
    assert "act now: Acme: 3 renewals have been due for more than an hour" in text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["status", "check_registration"])
@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (OperationalError("connection refused"), "The database does not answer"),
        (ProgrammingError("no such relation"), "“migrate” was never run"),
        (WrongEncryptionKey("FIELD_ENCRYPTION_KEY is not the key"), "FIELD_ENCRYPTION_KEY is not"),
    ],
)
def test_without_an_answer_a_monitor_hears_act_now(acme, monkeypatch, command, failure, sentence):
    def refuse(*args, **kwargs):
        raise failure

    monkeypatch.setattr(clock, "now", refuse)

    with pytest.raises(CommandError, match=sentence) as ended:
        call_command(command)

    assert ended.value.returncode == 2


# --- heartbeats -------------------------------------------------------------------------------


def test_a_sweep_leaves_a_sign_of_life(db):
    tasks.sweep()

    age = clock.now() - Heartbeat.objects.get(name="sweep").at
    assert age < timedelta(seconds=5)


def test_a_worker_leaves_signs_of_life(db, monkeypatch):
    from config import celery

    monkeypatch.setattr(celery, "_noted", {})
    celery._worker_is_alive()

    (name,) = Heartbeat.objects.values_list("name", flat=True)
    assert name.startswith("worker ")


def test_a_sign_of_life_that_cannot_be_written_harms_nothing(db, monkeypatch):
    from config import celery

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "beat", refuse)
    monkeypatch.setattr("django.db.connection.close", lambda: None)

    celery.note("beat")


# --- Clocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (90.4, "The clock of worker host-1 is 90 s ahead of the database's."),
        (-3600.0, "The clock of worker host-1 is 3600 s behind the database's."),
        (29.0, ""),
        (None, ""),
    ],
)
def test_a_process_whose_clock_differs_is_named_with_what_to_do(all_is_well, ahead, said):
    health.beat("worker host-1", now=clock.now(), clock_ahead=ahead)

    code, text = status()

    assert (code, said in text) == (1 if said else 0, True)
    assert ("follow a time server (NTP)" in text) is bool(said)


def test_every_sign_of_life_notes_both_clocks(db, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 90)

    note("worker host-1")

    assert Heartbeat.objects.get().clock_ahead == pytest.approx(90, abs=2)


def test_the_clock_of_a_process_that_left_is_nobodys_business(all_is_well):
    old = clock.now() - timedelta(minutes=10)
    health.beat("worker host-2", now=old, clock_ahead=900.0)

    assert status()[0] == 0
