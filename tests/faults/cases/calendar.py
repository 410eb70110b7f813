"""Clocks that are wrong, weeks without a sweep, tokens about to die."""

import time
from datetime import timedelta

import psycopg
from django.db import connection
from django.db.models import F

from integrations import clock
from integrations.models import Grant, GrantEvent, Heartbeat
from integrations.operations import health
from tests.faults.cases.small_numbers import integrations
from tests.faults.registry import NONE, case
from tests.faults.servers import ROOT
from tests.faults.stage import Stage

SHIFTED = str(ROOT / "tests/faults/shifted_clock")


@case("R21", "workers whose clocks are two days ahead and behind", databases=("postgres",))
def skewed(stage: Stage) -> None:
    stage.app("A", grants=60)
    for number, shift in enumerate((172_800, -172_800)):
        if number:
            stage.make_due()
        environment = {"PYTHONPATH": SHIFTED, "CLOCK_SHIFT": str(shift)}
        worker = stage.worker(f"shifted{number}", **environment)
        assert f"clock shifted by {shift}" in worker.text, "the worker's clock is right"
        stage.sweep()  # its message is good for a second, by the database's clock
        stage.until(stage.nothing_due, "renewal")
        worker.stop()
        for grant in Grant.objects.all():
            life = grant.access_token_expires_at - clock.now()
            assert abs(life - timedelta(days=14)) < timedelta(minutes=2), f"expires in {life}"
            assert grant.refresh_due_at > clock.now() + timedelta(days=5)


SLOW = {"WEBEX_TIMEOUT": "14", "REFRESH_CLAIM": "20", "REFRESH_TIME_BOX": "3"}


@case("R21b", "the database's clock jumps: an hour ahead, an hour back", databases=("postgres",))
def stepped(stage: Stage) -> None:
    """While calls are under way; the first last longer than anybody waits for a dead worker's."""
    _make_clock_settable(stage)
    apps, grants = integrations(stage), stage.due
    workers = [stage.worker(f"w{number}", slots=4, **SLOW) for number in (1, 2)]
    for hours, latency in ((1, 13), (0, 3)):
        if not hours:
            stage.make_due()
            Grant.objects.update(refresh_due_at=F("refresh_due_at") - timedelta(hours=2))
        stage.sandbox.scenario.update({"latency": latency})
        stage.sweep_until(lambda: stage.under_way() == len(apps), "calls under way")
        _set_clock(stage, hours)
        stage.sweep_until(lambda: not stage.under_way(), "the answers")
        stage.sandbox.scenario.update({"latency": 0})
        stage.sweep_until(lambda: stage.renewed() == grants and stage.nothing_due(), "renewal")
        latest = Grant.objects.latest("refresh_due_at").refresh_due_at
        assert latest < clock.now() + timedelta(days=7, hours=2), "renewed too late"
    assert all(worker.is_running for worker in workers)
    stage.until(lambda: health.check_background(clock.now())["sweep"], "a sign of life of now")


def _make_clock_settable(stage: Stage) -> None:
    """`clock.now` asks for statement_timestamp(); this one is found before PostgreSQL's own."""
    _execute(
        stage,
        "CREATE SCHEMA stepped",
        "CREATE TABLE stepped.step AS SELECT interval '0' AS by",
        "CREATE FUNCTION stepped.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS "
        "'SELECT pg_catalog.statement_timestamp() + by FROM stepped.step'",
        "ALTER DATABASE postgres SET search_path = stepped, pg_catalog, public",
    )
    connection.close()


def _set_clock(stage: Stage, hours: int) -> None:
    _execute(stage, f"UPDATE stepped.step SET by = interval '{hours} hours'")


def _execute(stage: Stage, *statements: str) -> None:
    with psycopg.connect(stage.database.url, autocommit=True) as session:
        for statement in statements:
            session.execute(statement)


@case("R32", "no beat for a week", rotations=(NONE,))
def week_without_beat(stage: Stage) -> None:
    app = stage.app("A", grants=60)
    worker = stage.worker()
    stage.sweep_until(stage.nothing_due, "renewal")
    worker.stop()  # a sweep that is still queued would begin at once
    stage.pass_time(7 * 86_400)
    Heartbeat.objects.update(at=clock.now() - timedelta(days=7))
    report = health.report(clock.now())
    assert any("nobody has looked for what is due" in str(trouble) for trouble in report.trouble), (
        report.trouble
    )
    due = Grant.objects.due_in_app(app.pk, clock.now()).count()
    stage.due += due
    assert due > 50
    late = Grant.objects.filter(access_token_expires_at__lte=clock.now())
    assert not late.exists(), "access tokens expired in a week"
    before = len(stage.calls())
    stage.worker("w2")
    stage.beat()
    stage.until(lambda: stage.nothing_due() and len(stage.calls()) > before, "the catch-up")
    time.sleep(2)
    assert len(stage.calls()) == before + due, "more than one catch-up"


@case("R39", "refresh tokens about to die, Webex away for weeks")
def dying(stage: Stage) -> None:
    stage.app("A", grants=10)
    stage.sandbox.scenario.update({"error_shape": "oauth"})
    ending, dead = list(Grant.objects.order_by("pk")[:2])
    now = clock.now()
    Grant.objects.filter(pk=ending.pk).update(
        refresh_token_expires_at=now + timedelta(days=3), refresh_due_at=now + timedelta(hours=1)
    )
    stage.due -= 1
    stage.sandbox.revoke(dead.person_email, dead.app.client_id)
    first = health.report(clock.now()).first_red_at
    assert abs(first - now - timedelta(days=3)) < timedelta(minutes=1)
    stage.worker()
    stage.sweep_until(stage.nothing_due, "renewal")
    for _ in range(3):
        from integrations import tasks

        tasks.send_notices.delay()
    # One file may hold several of them.
    stage.until(lambda: "".join(stage.mails()).count("To: ") >= 2, "the mails")
    time.sleep(1)
    told = [mail for mail in stage.mails() if "To: " in mail]
    assert sum(mail.count(f"To: {ending.person_email}") for mail in told) == 1
    assert sum(mail.count(f"To: {dead.person_email}") for mail in told) == 1
    assert GrantEvent.objects.count() == 2
