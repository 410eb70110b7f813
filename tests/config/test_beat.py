"""The clock, in front of a broker that really holds messages."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from celery.schedules import schedule

from config import beat
from config.celery import app as portal_app
from integrations.models import Heartbeat


@pytest.fixture
def clock_of_a_portal(tmp_path: Path) -> beat.Scheduler:
    for name in ("in", "control"):
        (tmp_path / name).mkdir()
    portal = Celery("portal", broker="filesystem://", set_as_current=False)
    folder = str(tmp_path / "in")
    portal.conf.broker_transport_options = {
        "data_folder_in": folder, "data_folder_out": folder,
        "control_folder": str(tmp_path / "control"),
    }  # fmt: skip
    portal.conf.beat_schedule = {
        "tick": {"task": "tick", "schedule": schedule(timedelta(0))},
        "hourly": {"task": "hourly", "schedule": 3600.0},
    }
    return beat.Scheduler(app=portal)


def waiting(folder: Path) -> list[str]:
    return [json.loads(file.read_text())["headers"]["task"] for file in (folder / "in").iterdir()]


@pytest.mark.django_db
def test_the_clock_sends_everything_at_its_start_and_keeps_nothing_on_disk(
    clock_of_a_portal, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)

    clock_of_a_portal.tick()
    clock_of_a_portal.tick()

    assert {"hourly", "tick"} <= set(waiting(tmp_path))
    assert waiting(tmp_path).count("hourly") == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["control", "in"]


@pytest.mark.django_db
def test_a_clock_gives_its_sign_of_life_whatever_process_it_runs_in(clock_of_a_portal):
    clock_of_a_portal.tick()

    assert Heartbeat.objects.filter(name="beat").exists()


@pytest.mark.django_db
def test_a_clock_that_cannot_send_gives_none(clock_of_a_portal, tmp_path):
    (tmp_path / "in").rmdir()

    clock_of_a_portal.tick()

    assert not Heartbeat.objects.filter(name="beat").exists()


@pytest.mark.django_db
def test_without_workers_the_queue_stops_growing_and_the_clock_stays_alive(
    clock_of_a_portal, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(beat, "ENOUGH", 5)

    for _ in range(12):
        clock_of_a_portal.tick()

    assert len(waiting(tmp_path)) == 5
    assert "5 messages wait for a worker: tick is not sent" in caplog.text
    assert Heartbeat.objects.filter(name="beat").exists()


def test_the_clock_sends_nothing_that_no_worker_knows():
    portal_app.loader.import_default_modules()

    sent = {entry["task"] for entry in portal_app.conf.beat_schedule.values()}

    assert sent <= set(portal_app.tasks)
    assert "integrations.device_tasks.poll_device_authorizations" in sent


def test_a_clock_that_was_told_to_end_ends_even_if_the_signal_got_lost(clock_of_a_portal):
    clock_of_a_portal.close()  # what SIGTERM does first

    with pytest.raises(SystemExit):
        clock_of_a_portal.tick()
