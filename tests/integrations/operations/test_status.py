"""What `status` says and ends with, and the signs of life and clocks behind it."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError

from config.celery import note
from integrations import clock, tasks
from integrations.errors import WrongEncryptionKey
from integrations.models import Heartbeat, WebexApp
from integrations.operations import health
from tests.integrations.operations.conftest import status

pytestmark = pytest.mark.usefixtures("brisk")


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_0_while_everything_runs(acme, fill, everything_runs):
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
def test_status_ends_with_1_while_an_integration_is_paused(acme, everything_runs):
    until = clock.now() + timedelta(minutes=5)
    WebexApp.objects.update(refresh_paused_until=until, pause_reason="no connection")

    code, text = status()

    assert code == 1
    assert "look soon: Acme: Webex cannot be reached (no connection). Renewals are tried" in text


@pytest.mark.django_db(transaction=True)
def test_status_ends_with_2_when_grants_are_overdue_and_none_is_renewed(
    acme, fill, everything_runs
):
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


@pytest.mark.parametrize(
    "command",
    ["rotate_encryption_key", "start_over_without_key", "remove_second_factor bob",
     "export_configuration"],
)  # fmt: skip
def test_without_the_database_a_command_says_so_in_one_sentence(db, monkeypatch, command):
    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.models.query.QuerySet._fetch_all", refuse)
    monkeypatch.setattr("django.db.models.query.QuerySet.get", refuse)

    with pytest.raises(CommandError, match="is it up, is DATABASE_URL right") as ended:
        call_command(*command.split())

    assert ended.value.returncode == 1


# --- heartbeats -------------------------------------------------------------------------------


def test_a_sweep_leaves_a_sign_of_life(db):
    tasks.sweep()

    age = clock.now() - Heartbeat.objects.get(name="sweep").at
    assert age < timedelta(seconds=5)


def test_each_worker_of_a_machine_leaves_signs_of_life(db, monkeypatch):
    from config import celery

    for node in ("worker-1@host", "worker-2@host"):
        monkeypatch.setattr(celery, "_noted", {})
        celery._worker_is_alive(SimpleNamespace(eventer=SimpleNamespace(hostname=node)))

    names = Heartbeat.objects.order_by("name").values_list("name", flat=True)
    assert list(names) == ["worker worker-1@host", "worker worker-2@host"]


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
        (-3600.0, "The clock of worker host-1 is 3,600 s behind the database's."),
        (29.0, ""),
        (None, ""),
    ],
)
def test_a_process_whose_clock_differs_is_named_with_what_to_do(everything_runs, ahead, said):
    health.beat("worker host-1", now=clock.now(), clock_ahead=ahead)

    code, text = status()

    assert (code, said in text) == (1 if said else 0, True)
    assert ("follow a time server (NTP)" in text) is bool(said)


def test_every_sign_of_life_notes_both_clocks(db, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 90)

    note("worker host-1")

    assert Heartbeat.objects.get().clock_ahead == pytest.approx(90, abs=2)


def test_the_clock_of_a_process_that_left_is_nobodys_business(everything_runs):
    old = clock.now() - timedelta(minutes=10)
    health.beat("worker host-2", now=old, clock_ahead=900.0)

    assert status()[0] == 0
