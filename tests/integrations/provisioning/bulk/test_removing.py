"""Removing and checking many: what may be repeated, and what must be noted before it is gone."""

from collections import Counter
from collections.abc import Callable

import pytest

from integrations import clock
from integrations.models import AuditEvent, BulkJob, BulkRow
from integrations.provisioning.bulk import jobs, outcomes, progress, remarks
from integrations.provisioning.bulk.asking import Answer, Kind
from integrations.provisioning.bulk.work import work
from integrations.sandbox import Sandbox
from tests.integrations.provisioning.bulk.conftest import SUBSCRIBERS, people, row, statuses

Make = Callable[..., BulkJob]
Run = Callable[..., None]
REMOVAL = "userId,operation\nann@new.example,remove\nbo@new.example,remove\n"


def person_of(sandbox: Sandbox, name: str) -> object:
    return sandbox.state.directory.people.find("email", f"{name}@new.example")


def deleted_people(sandbox: Sandbox) -> int:
    calls = [call for call in sandbox.ledger.calls if call.method == "DELETE"]
    return sum("/people/" in call.path for call in calls)


@pytest.mark.parametrize("path", [f"{SUBSCRIBERS}/*", "/v1/people/*"])
def test_people_are_removed_once_whichever_answer_is_lost(
    started: Make, make: Make, run: Run, sandbox: Sandbox, path: str
) -> None:
    """Once the connection is gone Webex no longer says whose person it was."""
    run(started(people("ann", "bo", "cy")))
    job = make(REMOVAL)
    sandbox.fault(path, after=True, cut="before_status")

    jobs.start(job, removes_people=True, now=clock.now())
    run(job)

    assert set(statuses(job).values()) == {"DONE"}
    assert "person is removed" in remarks.of_row(job.rows.first())
    assert (person_of(sandbox, "ann"), person_of(sandbox, "bo")) == (None, None)
    assert person_of(sandbox, "cy")
    done = Counter(AuditEvent.objects.values_list("action", flat=True))
    assert (done["subscriber.removed"], done["person.removed"]) == (2, 2)


def test_a_removal_whose_commit_was_not_confirmed_is_on_record_once(make: Make) -> None:
    """It is written again then."""
    job = make(REMOVAL)
    rows = BulkRow.objects.filter(job=job)
    (claimed,) = rows.order_by("line").claim(most=1, now=clock.now(), seconds=60)
    for _ in range(2):
        outcomes.record(claimed, Answer(Kind.REMOVED), now=clock.now())

    assert AuditEvent.objects.filter(action="subscriber.removed").count() == 1


def test_unless_asked_for_the_people_stay(started: Make, run: Run, sandbox: Sandbox) -> None:
    run(started(people("ann", "bo")))

    run(started(REMOVAL))

    assert person_of(sandbox, "ann")
    assert not deleted_people(sandbox)


def test_a_person_who_was_given_webex_again_meanwhile_stays(
    started: Make, make: Make, run: Run, sandbox: Sandbox
) -> None:
    run(started(people("ann")))
    job = make(REMOVAL.rpartition("bo")[0])
    sandbox.fault("/v1/people/*", status=503, times=1)
    jobs.start(job, removes_people=True, now=clock.now())
    work(seconds=5)
    assert job.rows.get().removed_at
    jobs.stop(job, now=clock.now())
    run(started(people("ann")))

    jobs.resume(job, now=clock.now())
    run(job)

    assert "given Webex again meanwhile" in remarks.of_row(job.rows.get())
    assert job.rows.get().status == "FAILED"
    assert person_of(sandbox, "ann")


def test_a_person_that_webex_keeps_is_said_to_be_there_still(
    started: Make, make: Make, run: Run, sandbox: Sandbox
) -> None:
    run(started(people("ann")))
    job = make(REMOVAL.rpartition("bo")[0])
    sandbox.fault("/v1/people/*", status=409, times=1)

    jobs.start(job, removes_people=True, now=clock.now())
    run(job)

    assert job.rows.get().status == "FAILED"
    assert "the Webex person is still there" in remarks.of_row(job.rows.get())
    assert AuditEvent.objects.filter(action="subscriber.removed").count() == 1


def test_a_missing_right_to_remove_people_stops_the_job_and_says_which(
    started: Make, make: Make, run: Run, sandbox: Sandbox
) -> None:
    run(started(people("ann")))
    job = make(REMOVAL.rpartition("bo")[0])
    sandbox.fault("/v1/people/*", status=403, times=1)
    jobs.start(job, removes_people=True, now=clock.now())
    run(job)

    assert "spark-admin:people_write" in progress.why_stopped(job)
    jobs.resume(job, now=clock.now())
    run(job)

    assert job.rows.get().status == "DONE"
    assert person_of(sandbox, "ann") is None


def test_a_check_of_many_changes_nothing_and_ends(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(f"{SUBSCRIBERS}/validate", cut="before_status", after=True)
    job = started(people("ann", "dup-bo"), "verify")

    run(job)

    assert statuses(job) == {"ann@new.example": "DONE", "dup-bo@new.example": "FAILED"}
    assert remarks.of_row(row("ann")) == "The check passed."
    assert "already connected" in remarks.of_row(row("dup-bo"))
    assert not sandbox.ledger.provisions


def test_a_check_that_webex_never_answers_ends_after_three_attempts(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(f"{SUBSCRIBERS}/validate", status=500, times=None)
    job = started(people("ann"), "verify")

    run(job)

    assert row("ann").status == "FAILED"
    assert len(sandbox.ledger.find(f"{SUBSCRIBERS}/validate")) == 3
