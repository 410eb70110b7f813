"""A bulk job in trouble: who is provisioned at Webex how often, held against the ledger."""

import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import Group
from django.db.models import F

from accounts.models import User
from integrations import clock
from integrations.models import BrandedURL, BulkJob, BulkRow, Grant, Heartbeat, WebexApp
from integrations.provisioning.bulk import jobs
from integrations.sandbox.core.broadworks import PARTNERS
from tests.faults.processes import Worker
from tests.faults.registry import NONE, case
from tests.faults.stage import Stage

PARTNER = PARTNERS[0]
ADMIN = f"pat@{PARTNER.domain}"
REST = "/v1/broadworks/"
COLUMNS = "userId,spEnterpriseId,firstName,lastName,package,email,extension"
NEW = tuple(f"{PARTNER.prefix}+new{number}" for number in range(3))
RETRY_AFTER = 5  # seconds
MOST_MEMORY = 150  # MB
LEAST_RATE = 0.9


@case("R40", "a bulk job: 429, a lost answer, kill -9 twice, a deploy", rotations=(NONE,))
def bulk_job(stage: Stage) -> None:
    lines, per_minute = (2000, 240) if stage.is_full else (60, 600)
    stage.sandbox.state.subscribers = 5000 if stage.is_full else 120
    stage.sandbox.scenario.update({
        "latency": 0.05,
        "refuse_every": 300 if stage.is_full else 30,
        "retry_after": RETRY_AFTER if stage.is_full else 1,
        "lose_every": int(lines * 0.7),
        "first_user_seconds": 20 if stage.is_full else 3,
    })  # fmt: skip
    job = _start(stage, _file(stage, lines))
    environment = {"WEBEX_JOB_CALLS_PER_MINUTE": str(per_minute)}
    stage.beat()
    memory = _work_through_kills(stage, lines, environment)
    stage.until(lambda: _is_over(stage, job), "the end of the job", 180 if stage.is_full else 100)
    _each_exactly_once(stage, job)
    _note_figures(stage, lines, per_minute, memory)


def _start(stage: Stage, content: str) -> BulkJob:
    app = stage.app("A")
    app.default_provisioning_id = PARTNER.trusted_provisioning_id
    app.save()
    grant = administrator(stage, app)
    brand = BrandedURL.objects.get(app=app)
    job = jobs.make(
        user=grant.user, brand=brand, file_name="people.csv", content=content,
        operation="provision", now=clock.now(),
    )  # fmt: skip
    jobs.start(job, now=clock.now())
    return job


def administrator(stage: Stage, app: WebexApp) -> Grant:
    user = User.objects.create(username=ADMIN, email=ADMIN)
    user.groups.add(Group.objects.get(name="Webex provisioning"))
    tokens, now = stage.sandbox.grant(ADMIN, app.client_id), clock.now()
    return Grant.objects.create(
        user=user, app=app, status=Grant.Status.ACTIVE, scope=tokens["scope"],
        access_token=tokens["access_token"], refresh_token=tokens["refresh_token"],
        access_token_expires_at=now + timedelta(days=7), person_email=ADMIN,
        person_id=stage.sandbox.person(ADMIN).id, granted_at=now, refreshed_at=now,
    )  # fmt: skip


def _file(stage: Stage, lines: int) -> str:
    """Of 40 lines one cannot be right, and one Webex refuses; three enterprises are new."""
    enterprises = stage.sandbox.state.directory.enterprises
    known = [each.sp_enterprise_id for each in enterprises if each.partner == PARTNER.name]
    places = [*known, *NEW]
    rows = [COLUMNS]
    for number in range(lines):
        package = "gold" if number % 40 == 7 else "basic"
        place = "wholesale+one" if number % 40 == 17 else places[number % len(places)]
        email = f"user{number}@bulk.example"
        rows.append(f"{email},{place},First{number},Last,{package},{email},{5000 + number}")
    return "\n".join(rows)


def _work_through_kills(stage: Stage, lines: int, environment: dict[str, str]) -> dict[str, int]:
    """The most memory that each process of the workers took, in MB."""
    memory: dict[str, int] = {}
    for number, share in enumerate((0.3, 0.6)):
        worker = stage.worker(f"killed{number}", **environment)
        _await_provisioned(stage, lines * share)
        memory |= _memory(worker)
        worker.kill()
    worker = stage.worker("last", slots=1, **environment)
    if stage.is_full:
        worker = _deploy(stage, worker, lines, environment)
    _await_provisioned(stage, lines * 0.9)
    swept = Heartbeat.objects.get(name="sweep").at
    assert clock.now() - swept < timedelta(seconds=20), "one process: no sweep beside the job"
    return memory | _memory(worker)


def _deploy(stage: Stage, old: Worker, lines: int, environment: dict[str, str]) -> Worker:
    """The new one is there before the old one is told to end."""
    _await_provisioned(stage, lines * 0.8)
    new = stage.worker("new", slots=1, **environment)
    old.send(signal.SIGTERM)
    old.process.wait(30)
    return new


def _await_provisioned(stage: Stage, count: float) -> None:
    stage.until(lambda: _provisioned(stage) >= count, f"{count:.0f} lines", 240)


def _provisioned(stage: Stage) -> int:
    _skip_waiting(stage)
    return len(stage.sandbox.ledger.provisions)


def _skip_waiting(stage: Stage) -> None:
    """In the short run nobody waits for the minute between two looks."""
    if not stage.is_full:
        minute = timedelta(seconds=60)
        missed = BulkRow.objects.filter(status="UNKNOWN", missed_at__gt=clock.now() - minute)
        missed.update(missed_at=F("missed_at") - minute, due_at=F("due_at") - minute)


def _memory(worker: Worker) -> dict[str, int]:
    """The most that each of its processes has held so far, in MB."""
    found = {}
    for pid in [worker.process.pid, *worker.children()]:
        status = Path(f"/proc/{pid}/status").read_text()
        found[f"{worker.log.stem} {pid}"] = int(status.split("VmHWM:")[1].split()[0]) // 1024
    return found


def _is_over(stage: Stage, job: BulkJob) -> bool:
    _skip_waiting(stage)
    return not BulkJob.objects.filter(pk=job.pk, status="RUNNING").exists()


def _each_exactly_once(stage: Stage, job: BulkJob) -> None:
    job.refresh_from_db()
    assert job.status == BulkJob.Status.FINISHED, f"{job.status} {job.stop_reason}"
    expected = {row.broadworks_user_id: _expected(row) for row in job.rows.all()}
    found = dict(job.rows.values_list("broadworks_user_id", "status"))
    wrong = {user: found[user] for user in found if found[user] != expected[user]}
    assert not wrong, f"ended otherwise than they should: {wrong}"
    good = Counter({user for user, status in expected.items() if status == "DONE"})
    twice = stage.sandbox.ledger.provisions - good
    missing = good - stage.sandbox.ledger.provisions
    assert not twice, f"asked for more than once: {dict(twice)}"
    assert not missing, f"never asked for: {sorted(missing)}"


def _expected(row: BulkRow) -> str:
    if row.cells["package"] == "gold":
        return "SKIPPED"
    return "FAILED" if row.enterprise_id.startswith("wholesale") else "DONE"


def _note_figures(stage: Stage, lines: int, per_minute: int, memory: dict[str, int]) -> None:
    calls = [call for call in stage.sandbox.ledger.calls if call.path.startswith(REST)]
    pauses = sum(call.status == 429 for call in calls)
    lost = sum(call.status is None for call in calls)
    until = max(call.started for call in calls if call.method == "POST")  # then Webex is waited for
    minutes = (until - calls[0].started) / 60
    made = sum(call.started <= until for call in calls)
    paused = pauses * stage.sandbox.scenario.retry_after / 60
    rate, overall = (made / (each * per_minute) for each in (minutes - paused, minutes))
    most = max(memory.values())
    stage.notes.append(
        f"{lines} lines: {made} calls in {60 * minutes:.0f} s, {pauses} times 429, {lost} answers "
        f"lost; {rate:.0%} of the allowed rate outside of pauses, {overall:.0%} with them; no "
        f"process over {most} MB"
    )
    assert pauses, "no 429"
    assert lost, "no lost answer"
    assert most < MOST_MEMORY, f"memory in MB: {memory}"
    assert rate >= LEAST_RATE or not stage.is_full, f"{rate:.0%} of the allowed rate"
