"""One of two workers has died, or was told to stop, or came back under another name."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from config import celery
from integrations import clock
from integrations.models import Heartbeat
from integrations.operations import health
from tests.integrations.operations.conftest import status


@pytest.fixture(autouse=True)
def for_long(everything_runs):
    Heartbeat.objects.update(began_at=clock.now() - timedelta(days=3))


def seen(name, *, minutes_ago, began=600):
    """Its last sign of life, and since when it ran."""
    now = clock.now()
    moments = {
        "at": now - timedelta(minutes=minutes_ago),
        "began_at": now - timedelta(minutes=began),
    }
    Heartbeat.objects.create(name=f"worker {name}", **moments)


def leave(name, exitcode=0):
    celery._worker_leaves(SimpleNamespace(hostname=name, exitcode=exitcode))


def gone():
    return list(health.background(clock.now()).gone)


@pytest.mark.parametrize(
    ("dead", "said"),
    [
        (0, "All is well."),
        (1, "look soon: A worker is gone that nobody stopped: w0@host, last seen at "),
        (2, "look soon: 2 workers are gone that nobody stopped: w1@host, w0@host; the first last "),
        (1000, "look soon: 1,000 workers are gone that nobody stopped: w999@host, w998@host, "
               "w997@host, w996@host, w995@host, …; the first last seen at "),
    ],
)  # fmt: skip
def test_who_died_is_told_with_what_to_do(dead, said):
    for number in range(dead):
        seen(f"w{number}@host", minutes_ago=6 + number)

    code, text = status()

    assert said in text
    assert code == (1 if dead else 0)
    assert text.count("in its place") == (dead == 1)
    assert text.count("in their place") == (dead > 1)


@pytest.mark.parametrize(
    ("minutes", "is_told"), [(1, False), (4.9, False), (5.1, True), (1430, True), (1450, False)]
)
def test_it_is_told_after_five_minutes_and_for_a_day(minutes, is_told):
    seen("w1@host", minutes_ago=minutes, began=2000)

    assert bool(gone()) is is_told


def test_who_was_told_to_stop_is_not_missed_and_not_listed():
    seen("w1@host", minutes_ago=0)
    seen("w2@host", minutes_ago=9)
    leave("w1@host")
    leave("w2@host")

    assert list(health.background(clock.now()).workers) == ["host-1"]
    assert gone() == []


def test_who_is_started_again_by_the_release_before_is_here():
    """Which knows of nobody that they left."""
    leave("host-1")
    later = clock.now() + timedelta(seconds=1)
    Heartbeat.objects.filter(name="worker host-1").update(at=later)

    assert list(health.background(clock.now()).workers) == ["host-1"]


def test_who_ended_by_an_error_is_missed():
    seen("w1@host", minutes_ago=6)
    leave("w1@host", exitcode=1)

    assert gone() == ["w1@host"]


def test_who_cannot_say_that_it_leaves_leaves_nevertheless(monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(clock, "now", refuse)

    leave("w1@host")


def test_who_comes_back_is_not_missed_any_more():
    seen("w1@host", minutes_ago=6)
    health.beat("worker w1@host", now=clock.now())

    assert gone() == []


def test_each_newcomer_stands_for_one_that_was_silent_before_it_came():
    for number, minutes in enumerate((90, 60, 30)):
        seen(f"w{number}@host", minutes_ago=minutes)
    seen("early@host", minutes_ago=0, began=100)
    assert gone() == ["w0@host", "w1@host", "w2@host"]

    seen("new-1@host", minutes_ago=0, began=80)
    assert gone() == ["w1@host", "w2@host"]

    seen("new-2@host", minutes_ago=0, began=20)
    seen("new-3@host", minutes_ago=0, began=10)
    assert gone() == []


def test_while_nothing_is_renewed_at_all_that_is_said_and_not_who_is_silent():
    """As without Redis, where every worker lives and none gives a sign of life."""
    seen("w1@host", minutes_ago=6)
    Heartbeat.objects.exclude(name="beat").update(at=clock.now() - timedelta(minutes=6))

    text = status()[1]

    assert "gone" not in text
    assert "Start worker, beat and broker, whichever does not run" in text


def test_a_restart_of_the_others_is_not_taken_for_newcomers():
    """An upgrade while one machine is away: the same names come again."""
    seen("w1@host", minutes_ago=6)
    leave("host-1")
    health.beat("worker host-1", now=clock.now())

    assert gone() == ["w1@host"]
