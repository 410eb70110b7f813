"""Killing, stopping and restarting workers."""

import os
import signal
import time

from integrations import clock
from integrations.models import Grant, GrantEvent, WebexApp
from tests.faults.measuring import measure
from tests.faults.processes import Worker
from tests.faults.registry import GRACE, NONE, STRICT, case
from tests.faults.stage import Stage

ALL = (NONE, GRACE, STRICT)
SLOTS, CALLS = 2, 8  # processes in a worker, calls that each keeps under way


@case("R25", "kill -9 of the whole worker in mid-batch", rotations=ALL, everywhere=True)
def kill_worker(stage: Stage) -> None:
    stage.app("A", grants=200)
    stage.sandbox.scenario.update({"latency": 0.1})
    kills = 20 if stage.is_full else 1
    named: set[int] = set()
    for number in range(kills):
        worker = stage.worker(f"killed{number}")
        if number:
            stage.make_due()
        stage.sweep()
        stage.until(stage.under_way, "the first call")
        time.sleep(stage.chance.uniform(0, 1.5))
        worker.kill()
        successor = stage.worker(f"successor{number}")
        stage.sweep_until(lambda: stage.nothing_due() or _is_paused(), "the successor to finish")
        _await_verdicts(stage)
        named |= successor.named_orphans()
        successor.stop()
    stage.worker("last")
    _account_for_the_lost(stage, named, kills)


def _account_for_the_lost(stage: Stage, named: set[int], kills: int) -> None:
    under_way = kills * SLOTS * CALLS
    # The call that was lost, two refusals, and now and then a cross check.
    stage.allowed["ampl"] = 1 + 3 * under_way / stage.due
    if stage.rotation != STRICT:
        return
    _await_verdicts(stage)
    lost = measure(stage.sandbox).lost
    # A refusal without a standard code is confirmed once or twice.
    stage.allowed |= {"lost": under_way, "reuse": 3 * len(lost)}
    people = Grant.objects.filter(pk__in=lost, last_error__startswith="answer lost")
    told = GrantEvent.objects.filter(grant__in=lost, kind="CONSENT_LOST", notice_due=True)
    assert lost <= named, f"lost without a word: {sorted(lost - named)}"
    assert told.count() == len(lost), "a user was not told"
    emails = list(people.values_list("person_email", flat=True))
    assert len(emails) == len(lost), "a lost answer has another reason"
    stage.notes.append(
        f"{kills} kills lost {len(lost)} calls in flight, by name: {', '.join(emails)}"
    )


def _await_verdicts(stage: Stage) -> None:
    """A refusal is confirmed a minute later; where nobody is accepted, a probe decides."""
    for seconds in (70, 300, 600, 70):
        if Grant.objects.active().filter(suspect_since__isnull=False).exists():
            stage.pass_time(seconds)
            stage.sweep_until(lambda: stage.nothing_due() or _is_paused(), "the last verdicts")
    assert stage.nothing_due(), "grants without a verdict"


def _is_paused() -> bool:
    return WebexApp.objects.filter(refresh_paused_until__gt=clock.now()).exists()


@case("R26", "kill -9 of a pool child during its task", rotations=(GRACE,))
def kill_child(stage: Stage) -> None:
    stage.app("A", grants=100)
    stage.sandbox.scenario.update({"latency": 0.1})
    worker = stage.worker()
    stage.sweep()
    stage.until(lambda: stage.under_way() > 2, "calls under way")
    for child in worker.children():
        os.kill(child, signal.SIGKILL)
    stage.sweep_until(stage.nothing_due, "renewal")
    assert worker.is_running, "the parent died with its child"
    assert stage.renewed() == 100
    stage.allowed["ampl"] = 1 + SLOTS * CALLS / 100


@case("R27", "deploy: warm stop, quit, old and new together")
def deploy(stage: Stage) -> None:
    stage.app("A", grants=200)
    stage.sandbox.scenario.update({"latency": 0.1})
    old = stage.worker("old")
    stage.sweep()
    stage.until(lambda: stage.under_way() > 2, "calls under way")
    new = stage.worker("new")
    stage.sweep()
    _ends(old, signal.SIGTERM)
    stage.sweep_until(stage.nothing_due, "renewal")
    stage.make_due()
    stage.sweep()
    stage.until(lambda: stage.under_way() > 2, "calls under way")
    newest = stage.start_worker("newest")
    _ends(new, signal.SIGQUIT)
    newest.await_ready()
    stage.sweep_until(stage.nothing_due, "renewal")


def _ends(worker: Worker, sign: int) -> None:
    """SIGQUIT is a cold stop: the parent ends at once and its children are told to."""
    worker.send(sign)
    worker.process.wait(30)
