"""What a message and a key are asked before a task runs."""

import time
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from encrypted_model_fields import fields as library
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, loads, prepare_accept_content

from config.celery import app
from integrations import clock, tasks
from integrations.database import schema
from integrations.models import Grant, Heartbeat, WebexApp
from integrations.operations import health
from integrations.tasks.guarded import good_for
from tests.integrations.renewal.draining import TOKEN

pytestmark = pytest.mark.usefixtures("brisk")


def deliver(task, *args, headers=None):
    """As a worker runs it."""
    task.apply(args, headers=headers).get()


def renewals(sandbox):
    return len(sandbox.ledger.find(TOKEN, grant_type="refresh_token"))


def test_a_message_that_grew_old_is_dropped(acme, fill, sandbox, travel):
    fill(acme, 1)
    headers = good_for(60)

    travel(timedelta(seconds=61))
    deliver(tasks.drain_app, acme.pk, headers=headers)

    assert renewals(sandbox) == 0


def test_a_worker_whose_own_clock_is_ahead_drops_none(acme, fill, sandbox, monkeypatch):
    fill(acme, 1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)

    deliver(tasks.drain_app, acme.pk, headers=good_for(60))

    assert renewals(sandbox) == 1


def test_without_the_database_a_message_is_good_for_ever(monkeypatch):
    def refuse():
        raise OperationalError

    monkeypatch.setattr(clock, "now", refuse)

    assert good_for(60) == {}


def test_before_migrate_of_its_release_a_worker_renews_nothing(
    acme, fill, sandbox, monkeypatch, caplog
):
    """It might spend a refresh token and then find no column for the answer."""
    fill(acme, 1)
    monkeypatch.setattr(schema, "is_complete", False)
    ((app, newest),) = MigrationLoader(None).graph.leaf_nodes("integrations")
    MigrationRecorder(connection).record_unapplied(app, newest)

    deliver(tasks.drain_app, acme.pk)
    with pytest.raises(CommandError, match="Run “migrate” of this release first"):
        call_command("refresh_grants")

    assert renewals(sandbox) == 0
    assert "Before “migrate” of this release nothing is done" in caplog.text
    MigrationRecorder(connection).record_applied(app, newest)
    deliver(tasks.drain_app, acme.pk)
    assert renewals(sandbox) == 1


@pytest.fixture
def late_worker(monkeypatch):
    """A worker that does not know the key with which the database is written by now."""

    def start():
        monkeypatch.setattr(library, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))

    return start


@pytest.mark.parametrize("task", [tasks.drain_app, tasks.tidy, tasks.sweep], ids=lambda t: t.name)
def test_a_worker_with_another_key_blames_itself_and_not_webex(
    acme, fill, sandbox, late_worker, task, caplog, mailoutbox
):
    grants = fill(acme, 2)
    before = list(Grant.objects.order_by("pk").values())
    late_worker()

    deliver(task, *([acme.pk] if task is tasks.drain_app else []))

    assert renewals(sandbox) == 0
    assert list(Grant.objects.order_by("pk").values()) == before
    app = WebexApp.objects.get()
    assert (app.refresh_paused_until, app.incidents.count()) == (None, 0)
    assert "has another FIELD_ENCRYPTION_KEY" in caplog.text
    assert grants


def test_the_overview_names_the_worker_and_the_step(acme, late_worker):
    late_worker()

    deliver(tasks.sweep)

    (name,) = Heartbeat.objects.values_list("name", flat=True)
    host = name.removeprefix(health.WRONG_KEY)
    (told,) = [str(each) for each in health.report(clock.now()).trouble if host in str(each)]
    assert "has another FIELD_ENCRYPTION_KEY and does nothing" in told
    assert "Start it again with the key of the others" in told


def test_the_right_workers_go_on(acme, fill, sandbox, late_worker, monkeypatch):
    fill(acme, 1)
    right = library.CRYPTER
    late_worker()
    deliver(tasks.drain_app, acme.pk)

    monkeypatch.setattr(library, "CRYPTER", right)
    deliver(tasks.drain_app, acme.pk)

    assert renewals(sandbox) == 1


def test_what_the_right_key_cannot_read_is_still_said(acme, fill, caplog):
    fill(acme, 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_grant SET refresh_token = 'gAAAAABnonsense'")

    deliver(tasks.drain_app, acme.pk)

    assert Grant.objects.get().last_error == "undecryptable"


def test_a_message_that_would_run_code_is_refused():
    kind, encoding, body = dumps({"grant": 1}, serializer="pickle")

    with pytest.raises(ContentDisallowed):
        loads(body, kind, encoding, accept=prepare_accept_content(app.conf.accept_content))
