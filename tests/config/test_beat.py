"""The clock, in front of a broker that really holds messages."""

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
    portal.conf.beat_schedule = {"tick": {"task": "tick", "schedule": schedule(timedelta(0))}}
    return beat.Scheduler(app=portal, schedule_filename=str(tmp_path / "schedule"))


@pytest.mark.django_db
def test_without_workers_the_queue_stops_growing_and_the_clock_stays_alive(
    clock_of_a_portal, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(beat, "ENOUGH", 5)

    for _ in range(12):
        clock_of_a_portal.tick()

    assert len(list((tmp_path / "in").iterdir())) == 5
    assert "5 messages wait for a worker: tick is not sent" in caplog.text
    assert Heartbeat.objects.filter(name="beat").exists()


def test_the_clock_sends_nothing_that_no_worker_knows():
    portal_app.loader.import_default_modules()

    sent = {entry["task"] for entry in portal_app.conf.beat_schedule.values()}

    assert sent <= set(portal_app.tasks)
    assert "integrations.device_tasks.poll_device_authorizations" in sent
