"""More than fits: wake-up calls twice, everything due at once, nobody who works."""

import time
from itertools import pairwise

from redis import Redis

from integrations import tasks
from tests.faults.registry import case
from tests.faults.stage import Stage


@case("R31", "Redis is emptied under a full queue")
def flushed(stage: Stage) -> None:
    app = stage.app("A", grants=200)
    for _ in range(500):
        tasks.drain_app.apply_async((app.pk,))
    _redis(stage).flushall()
    worker = stage.worker()
    stage.beat()
    stage.until(lambda: len(stage.calls()) > 10, "the first calls")
    _redis(stage).flushall()
    stage.until(stage.nothing_due, "renewal")
    assert stage.renewed() == 200
    assert worker.is_running


@case("R33", "two beats, and every message three times")
def duplicates(stage: Stage) -> None:
    app = stage.app("A", grants=200)
    stage.sandbox.scenario.update({"latency": 0.05})
    stage.worker(slots=4)
    stage.beat("beat1")
    stage.beat("beat2")
    for _ in range(3):
        tasks.drain_app.delay(app.pk)
    stage.until(lambda: stage.renewed() == 200 and stage.nothing_due(), "renewal")
    time.sleep(2)  # further ticks find nothing


@case("R34", "everything due at once, three integrations, limits")
def mountain(stage: Stage) -> None:
    """The limit of Webex is counted over any minute; here a minute is as long as the run."""
    count, limit = (4000, 3000) if stage.is_full else (150, 900)
    apps = [stage.app(name, grants=count) for name in "ABC"]
    urgent = {app.pk: stage.emails(app)[: count // 4] for app in apps}
    stage.worker(slots=3, REFRESH_CALLS_PER_MINUTE=str(limit))
    stage.beat()
    stage.until(stage.nothing_due, "renewal", seconds=300)
    for app in apps:
        calls = stage.calls(app)
        first = [call.person_email for call in calls[: count // 4]]
        assert len(set(first) & set(urgent[app.pk])) > 0.8 * len(first), "not most urgent first"
        began = [call.started for call in calls]
        assert busiest(began, 6.0) <= limit * (6 + 2.2) / 60, "the limit was broken"
    assert _redis(stage).llen("celery") < 20, "the queue grew"
    _spread(stage)


def busiest(moments: list[float], window: float) -> int:
    """The most calls within any stretch of that many seconds."""
    most, start = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] > window:
            start += 1
        most = max(most, end - start + 1)
    return most


def _spread(stage: Stage) -> None:
    from integrations.models import Grant

    due = sorted(Grant.objects.values_list("refresh_due_at", flat=True))
    assert (due[-1] - due[0]).total_seconds() > 3600, "the next cycle is as crowded"
    assert any(a != b for a, b in pairwise(due))


@case("R35", "beat without workers: the queue does not grow")
def nobody_works(stage: Stage) -> None:
    stage.app("A", grants=20)
    stage.beat().await_line("beat: Starting", 20)
    time.sleep(20 if stage.is_full else 6)
    waiting = _redis(stage).llen("celery")
    stage.worker()
    stage.until(stage.nothing_due, "renewal")
    assert stage.renewed() == 20
    stage.until(lambda: _redis(stage).llen("celery") < 3, "the old messages to expire", 20)
    stage.notes.append(f"{waiting} messages waited; what had expired was dropped unread")


def _redis(stage: Stage) -> Redis:
    return Redis(unix_socket_path=str(stage.broker.socket))
