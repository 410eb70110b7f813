"""The primary becomes a replica, and comes back: nobody restarts a worker for that."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
import redis

from tests.config.processes import ROOT, environment, manage, python
from tests.faults.servers import Broker, await_true

pytestmark = pytest.mark.slow


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def worker(broker, tmp_path):
    """With its clock inside, which then needs no process of its own."""
    where = {"DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3", "REDIS_URL": broker.url}
    where["REFRESH_SWEEP_EVERY"] = "5"
    manage("migrate", "-v0", **where)
    words = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "-B",
        "-c",
        "1",
        "-l",
        "INFO",
    ]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment(**where), stdout=log, stderr=subprocess.STDOUT
        )
    yield process
    process.terminate()
    process.wait(30)


def test_a_worker_outlives_a_broker_that_takes_nothing_for_a_while(broker, worker, tmp_path):
    def swept():
        """When, as the database has it."""
        with closing(sqlite3.connect(tmp_path / "portal.sqlite3")) as database:
            found = "SELECT at FROM integrations_heartbeat WHERE name = 'sweep'"
            return database.execute(found).fetchone()

    admin = redis.Redis(unix_socket_path=str(broker.socket))
    await_true(swept, 30, "the first task")

    for pause in (3, 0.5, 0.5):  # others wait then: some are cut off while they are acknowledged
        admin.replicaof("127.0.0.1", 1)
        time.sleep(pause)
        assert worker.poll() is None
        admin.replicaof("no", "one")

        before = swept()
        await_true(lambda: swept() != before, 30, "a task after it")  # noqa: B023


def test_a_clock_inside_a_worker_is_ready_too(worker, tmp_path):
    where = {"DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3"}
    code = (
        "import django; django.setup()\n"
        "from integrations.models import Heartbeat; print(list(Heartbeat.objects.values('name')))"
    )
    await_true(lambda: "'beat'" in python("-c", code, **where).stdout, 30, "the sign of life")
    assert not list(ROOT.glob("celerybeat-schedule*"))
