"""A job as a whole: what stops it, how it goes on, and when it is deleted."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from integrations import clock
from integrations.errors import JobConflict
from integrations.models import AuditEvent, BulkJob, BulkRow, Grant
from integrations.provisioning.bulk import jobs
from integrations.provisioning.bulk.work import work as turn
from integrations.sandbox import Sandbox
from tests.integrations.provisioning.bulk.conftest import (
    SUBSCRIBERS,
    Make,
    Run,
    people,
    row,
    sent,
    statuses,
)


def test_it_stops_where_the_right_is_withdrawn_and_nothing_is_lost(
    started: Make, run: Run, sandbox: Sandbox, grant: Grant
) -> None:
    job = started(people("ann"))
    grant.user.groups.clear()

    run(job)

    assert (job.status, job.stop_reason) == ("STOPPED", "RIGHT_LOST")
    assert not sandbox.ledger.provisions
    assert AuditEvent.objects.get(action="bulk_job.stopped").reason == "RIGHT_LOST"


def test_it_runs_on_when_the_session_is_gone(
    started: Make, run: Run, alice_browser: object
) -> None:
    job = started(people("ann"))
    Session.objects.all().delete()

    run(job)

    assert job.status == "FINISHED"


def test_another_webex_account_does_not_go_on_with_it(
    started: Make, run: Run, grant: Grant
) -> None:
    job = started(people("ann"))
    Grant.objects.filter(pk=grant.pk).update(person_id="somebody-else")

    run(job)

    assert (job.status, job.stop_reason) == ("STOPPED", "OTHER_ACCOUNT")


def test_a_refused_token_is_renewed_once(started: Make, run: Run, sandbox: Sandbox) -> None:
    sandbox.fault(SUBSCRIBERS, status=401)
    job = started(people("ann"))

    run(job)

    assert row("ann").status == "DONE"
    assert sandbox.ledger.count("/v1/access_token", grant_type="refresh_token") == 1


def test_a_token_refused_after_its_renewal_stops_the_job_not_the_row(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(SUBSCRIBERS, status=401, times=2)
    job = started(people("ann"))

    run(job)

    assert (job.status, job.stop_reason) == ("STOPPED", "REFUSED")
    assert (row("ann").status, row("ann").attempts) == ("PENDING", 0)
    jobs.resume(job, now=clock.now())
    run(job)
    assert row("ann").status == "DONE"


def test_a_missing_role_stops_the_job_and_whoever_resumes_sees_the_others_first(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    known = next(iter(sandbox.state.directory.subscribers)).sp_enterprise_id
    job = started(people("ann", "bo", enterprise=known))
    sandbox.fault(SUBSCRIBERS, status=403)

    run(job)
    assert (job.status, job.stop_reason) == ("STOPPED", "FORBIDDEN")
    jobs.resume(job, now=clock.now())
    run(job)

    assert set(statuses(job).values()) == {"DONE"}


def test_stopping_sends_nothing_more_and_resuming_goes_on(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("ann", "bo"))
    turn(seconds=2)
    jobs.stop(job, now=clock.now())

    turn(seconds=2)

    assert sent(sandbox) == ["ann@new.example"]
    jobs.resume(job, now=clock.now())
    run(job)
    assert set(statuses(job).values()) == {"DONE"}


def test_an_outage_costs_one_call_at_a_time(started: Make, run: Run, sandbox: Sandbox) -> None:
    known = next(iter(sandbox.state.directory.subscribers)).sp_enterprise_id
    job = started(people(*(f"user{n}" for n in range(30)), enterprise=known))
    outage = sandbox.fault("/v1/broadworks/*", status=503, times=None)

    run(job, most=6)
    calls = len(sandbox.ledger.find(SUBSCRIBERS))
    outage.times = 1
    run(job, most=40)

    assert 1 < calls < 10
    assert set(statuses(job).values()) == {"DONE"}
    assert set(sandbox.ledger.provisions.values()) == {1}


def test_only_one_job_of_a_link_is_at_work(make: Make, started: Make) -> None:
    started(people("ann"))

    with pytest.raises(JobConflict):
        jobs.start(make(people("bo")), now=clock.now())


def test_old_files_are_deleted_and_running_jobs_are_not(make: Make, started: Make) -> None:
    draft, running = make(people("ann")), started(people("bo"))
    finished = make(people("cy"))
    BulkJob.objects.filter(pk=finished.pk).update(status="FINISHED")

    jobs.forget_old(now=clock.now() + timedelta(days=2))
    assert set(BulkJob.objects.all()) == {running, finished}
    jobs.forget_old(now=clock.now() + timedelta(days=31))
    assert list(BulkJob.objects.all()) == [running]
    assert not BulkRow.objects.filter(job=draft.pk).exists()
