"""Database and broker that go away and come back."""

import os
import resource
import sqlite3
import time

import psycopg
from django.db import connection
from django.test.utils import setup_test_environment

from accounts.models import User
from config import static_files
from integrations.models import Grant
from integrations.operations import health
from tests.browsing import PortalClient
from tests.faults.processes import Worker
from tests.faults.registry import GRACE, NONE, STRICT, case
from tests.faults.servers import PostgreSQL
from tests.faults.stage import TOKEN, Stage

ALL = (NONE, GRACE, STRICT)


@case("R22", "PostgreSQL stops between answer and commit", rotations=ALL, databases=("postgres",))
def database_gone(stage: Stage) -> None:
    assert isinstance(stage.database, PostgreSQL), "needs a cluster of its own: see the log"
    stage.app("A", grants=120)
    stage.sandbox.scenario.update({"latency": 0.3})
    worker = stage.worker()
    for seconds in (2, 60) if stage.is_full else (2, 5):
        _stop_for(stage, seconds)
        stage.sweep_until(stage.nothing_due, "renewal")
        stage.make_due()
    stage.sweep_until(stage.nothing_due, "renewal")
    assert worker.is_running
    assert stage.renewed() == 120
    stage.allowed["ampl"] = 1 + 32 / stage.due


def _stop_for(stage: Stage, seconds: float) -> None:
    stage.sweep()
    stage.until(lambda: stage.under_way() > 8, "calls under way")
    connection.close()
    stage.database.stop()
    time.sleep(seconds)
    stage.database.start()


@case("R22b", "PostgreSQL stops, then the worker is killed", databases=("postgres",),
      rotations=(GRACE, STRICT))  # fmt: skip
def database_gone_and_killed(stage: Stage) -> None:
    from tests.faults.cases.kills import _account_for_the_lost

    stage.app("A", grants=60)
    stage.sandbox.scenario.update({"latency": 0.3})
    worker = stage.worker()
    stage.sweep()
    stage.until(lambda: stage.under_way() > 8, "calls under way")
    connection.close()
    stage.database.stop()
    time.sleep(1)
    worker.kill()
    stage.database.start()
    successor = stage.worker("successor")
    stage.sweep_until(stage.nothing_due, "renewal")
    _account_for_the_lost(stage, successor.named_orphans(), kills=1)


@case("R23", "another process holds SQLite's write lock", databases=("sqlite",))
def locked(stage: Stage) -> None:
    stage.app("A", grants=120)
    stage.sandbox.scenario.update({"latency": 0.2})
    stage.worker(slots=4 if not stage.is_full else 8, REFRESH_DRAINS_PER_APP="4")
    stage.sweep()
    stage.until(lambda: stage.under_way() > 4, "calls under way")
    holder = sqlite3.connect(stage.folder / "portal.sqlite3", isolation_level=None, timeout=20)
    holder.execute("BEGIN IMMEDIATE")
    time.sleep(60 if stage.is_full else 5)
    holder.execute("ROLLBACK")
    stage.sweep_until(stage.nothing_due, "renewal", seconds=90)
    assert stage.renewed() + _unsent() == 120
    stage.allowed["ampl"] = 1 + 64 / 120


@case("R24", "the disk is full; the database is read-only")
def disk_full(stage: Stage) -> None:
    stage.app("A", grants=60)
    worker = stage.worker()
    fill, make_room = _full_disk(stage, worker.process.pid, worker.children())
    fill()
    stage.sweep()
    time.sleep(3)
    assert not stage.calls(), "asked Webex without being able to store the answer"
    make_room()
    stage.sweep_until(stage.nothing_due, "renewal", seconds=60)
    _full_between_answer_and_commit(stage, worker)
    assert stage.renewed() + _unsent() == 60


def _unsent() -> int:
    """What had sent nothing when the database stopped is not sent late: it waits two minutes."""
    return Grant.objects.filter(last_error__startswith="no connection").count()


def _full_between_answer_and_commit(stage: Stage, worker: Worker) -> None:
    stage.sandbox.scenario.update({"latency": 0.4})
    stage.make_due()
    stage.sweep()
    stage.until(lambda: stage.under_way() > 3, "calls under way")
    fill, make_room = _full_disk(stage, worker.process.pid, worker.children())
    fill()
    time.sleep(3)
    make_room()
    stage.sweep_until(stage.nothing_due, "renewal", seconds=60)
    stage.allowed["ampl"] = 1 + 16 / stage.due


def _full_disk(stage: Stage, parent: int, children: list[int]) -> tuple:
    """SQLite: no file of the worker may grow. PostgreSQL: every transaction is read-only."""
    if not isinstance(stage.database, PostgreSQL):
        limit, none = (4096, resource.RLIM_INFINITY), (resource.RLIM_INFINITY,) * 2
        return (
            lambda: [resource.prlimit(pid, resource.RLIMIT_FSIZE, limit) for pid in children],
            lambda: [resource.prlimit(pid, resource.RLIMIT_FSIZE, none) for pid in children],
        )
    return (lambda: _read_only(stage, "on"), lambda: _read_only(stage, "off"))


def _read_only(stage: Stage, value: str) -> None:
    with psycopg.connect(stage.database.url, autocommit=True) as session:
        session.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        session.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)


@case("R28", "Redis is gone while a user links")
def no_redis(stage: Stage) -> None:
    app = stage.app("A", grants=5)
    stage.broker.stop()
    setup_test_environment()
    static_files.collect()  # pages of this process name them
    user = User.objects.create_superuser("alice", "alice@example.com", "correct horse")
    browser = PortalClient(host="a.example.com", sandbox=stage.sandbox)
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    _register_redirect(stage, app)
    browser.get("/webex/")  # the first page of a process compiles templates
    began = time.monotonic()
    answer = browser.link("alice@acme.example")
    seconds = time.monotonic() - began
    assert answer.status_code == 303, answer.status_code
    assert seconds < 2, f"the page took {seconds:.1f} s"
    assert Grant.objects.active().filter(user=user).exists()
    stage.broker.start()
    stage.worker()
    stage.beat()
    stage.until(stage.nothing_due, "the sweep to do it")


def _register_redirect(stage: Stage, app: object) -> None:
    registered = stage.sandbox.state.integrations[app.client_id]
    registered.redirect_uris = ("https://a.example.com/webex/callback/",)


@case("R29", "worker and beat start without Redis")
def redis_later(stage: Stage) -> None:
    from integrations import clock

    stage.app("A", grants=20)
    stage.broker.stop()
    worker, beat = stage.start_worker("w1"), stage.beat()
    time.sleep(5)
    assert worker.is_running
    assert beat.is_running
    assert not health.check_background(clock.now())["sweep"], "the health page says all is well"
    stage.broker.start()
    stage.until(stage.nothing_due, "both to recover by themselves", 60)
    assert stage.renewed() == 20
    assert os.path.exists(f"/proc/{worker.process.pid}")
    assert TOKEN in stage.calls()[0].path
    assert all(health.check_background(clock.now()).values())
