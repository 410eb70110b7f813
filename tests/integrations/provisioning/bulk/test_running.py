"""A job from its file to its end, at the sandbox."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from integrations import clock
from integrations.errors import JobConflict
from integrations.models import AuditEvent, BulkJob, BulkRow, Grant
from integrations.provisioning.bulk import jobs, work
from integrations.provisioning.bulk.work import work as turn
from integrations.sandbox import Sandbox
from tests.integrations.provisioning.bulk.conftest import people

SUBSCRIBERS = "/v1/broadworks/subscribers"
Make = Callable[..., BulkJob]
Run = Callable[..., None]


def row(name: str) -> BulkRow:
    return BulkRow.objects.get(broadworks_user_id=f"{name}@new.example")


def statuses(job: BulkJob) -> dict[str, str]:
    return dict(job.rows.order_by("line").values_list("broadworks_user_id", "status"))


def sent(sandbox: Sandbox) -> list[str]:
    """Users in the order in which Webex was asked to provision them."""
    return list(sandbox.ledger.provisions)


def test_everybody_is_provisioned_once_and_the_first_of_a_new_enterprise_alone(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("ann", "bo", "cy"))

    turn(seconds=5)
    alone = sent(sandbox)
    run(job)

    assert alone == ["ann@new.example"]
    assert job.status == BulkJob.Status.FINISHED
    assert set(statuses(job).values()) == {"DONE"}
    assert set(sandbox.ledger.provisions.values()) == {1}
    ann = row("ann")
    assert (ann.webex_status, bool(ann.subscriber_id)) == ("provisioned", True)
    actions = Counter(AuditEvent.objects.values_list("action", flat=True))
    assert actions["subscriber.provisioned"] == 3
    assert actions["bulk_job.started"] == actions["bulk_job.finished"] == 1


def test_an_enterprise_that_exists_keeps_nobody_waiting(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    known = next(iter(sandbox.state.directory.subscribers)).sp_enterprise_id
    job = started(people("ann", "bo", "cy", enterprise=known))

    turn(seconds=5)

    assert len(sent(sandbox)) == 3
    run(job)
    assert set(statuses(job).values()) == {"DONE"}


def test_where_the_first_fails_the_second_goes_ahead(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("fail-ann", "migrate-bo", "cy", "di"))

    run(job)

    assert list(statuses(job).values()) == ["FAILED", "DONE", "DONE", "DONE"]
    assert row("fail-ann").error_code == "10999"
    assert "consent" in row("migrate-bo").description
    assert set(sandbox.ledger.provisions.values()) == {1}


def test_what_webex_rejects_fails_in_words_and_the_rest_goes_on(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("ann", enterprise="wholesale+x") + "\n" + people("bo").split("\n")[1])

    run(job)

    assert statuses(job) == {"ann@new.example": "FAILED", "bo@new.example": "DONE"}
    ann = row("ann")
    assert "Wholesale" in ann.description
    assert ann.tracking_id


@pytest.mark.parametrize("cut", ["before_status", "mid_body"])
def test_an_answer_lost_after_webex_acted_is_looked_up_not_repeated(
    started: Make, run: Run, sandbox: Sandbox, cut: str
) -> None:
    sandbox.fault(SUBSCRIBERS, after=True, cut=cut)
    job = started(people("ann"))

    run(job)

    assert row("ann").status == BulkRow.Status.DONE
    assert sandbox.ledger.provisions["ann@new.example"] == 1


def test_an_answer_lost_before_webex_acted_is_sent_again_after_two_looks(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(SUBSCRIBERS, status=500)
    job = started(people("ann"))

    run(job)

    assert row("ann").status == BulkRow.Status.DONE
    looks = sandbox.ledger.find(SUBSCRIBERS)
    by_user = [call.at for call in looks if call.query.get("userId")]
    posts = [call.at for call in looks if call.method == "POST"]
    assert len(posts) == 2
    assert by_user[1] - by_user[0] >= 60
    assert posts[1] > by_user[1]


def test_a_line_that_webex_never_answers_ends_after_three_attempts(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(SUBSCRIBERS, body=b"<html>")
    job = started(people("ann"))
    job.rows.update(attempts=2)

    run(job)

    posts = [call for call in sandbox.ledger.find(SUBSCRIBERS) if call.method == "POST"]
    assert len(posts) == 1
    assert "several times" in row("ann").description


def test_webex_asking_for_a_pause_is_obeyed_and_counts_no_attempt(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fault(SUBSCRIBERS, status=429, headers={"Retry-After": "30"})
    job = started(people("ann"))

    turn(seconds=2)
    calls = len(sandbox.ledger.find(SUBSCRIBERS))
    turn(seconds=2)

    assert len(sandbox.ledger.find(SUBSCRIBERS)) == calls == 1
    ann = row("ann")
    assert (ann.status, ann.attempts, ann.sent_at) == (BulkRow.Status.PENDING, 0, None)
    run(job)
    assert row("ann").status == BulkRow.Status.DONE


def test_somebody_who_was_there_already_is_done(started: Make, run: Run, sandbox: Sandbox) -> None:
    known = next(iter(sandbox.state.directory.subscribers))
    here = people("ann", enterprise=known.sp_enterprise_id).replace("ann@new", "x@y")
    elsewhere = people("ann").replace("ann@new.example", known.user_id, 1)
    job = started(here.replace("x@y.example", known.user_id, 1))
    run(job)
    assert job.rows.get().description == "Was there already."
    assert job.rows.get().status == "DONE"

    job = started(elsewhere)
    run(job)

    assert job.rows.get().status == "FAILED"
    assert known.sp_enterprise_id in job.rows.get().description


def test_packages_are_changed_and_only_what_differs_is_sent(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    run(started(people("ann", "bo")))
    content = "userId;package;firstName\nann@new.example;premium;Ann\nbo@new.example;standard;Bo\n"
    job = started(content + "nobody@new.example;basic;\n", "update")

    run(job)

    assert list(statuses(job).values()) == ["DONE", "DONE", "FAILED"]
    assert job.rows.get(broadworks_user_id="bo@new.example").description == "Nothing to change."
    directory = sandbox.state.directory.subscribers
    assert directory.find("user_id", "ann@new.example").package == "premium"
    assert len([call for call in sandbox.ledger.calls if call.method == "PUT"]) == 1


def test_removing_twice_is_removing_once(started: Make, run: Run, sandbox: Sandbox) -> None:
    run(started(people("ann", "bo")))
    content = "userId,operation\nann@new.example,remove\nnobody@new.example,remove\n"
    sandbox.fault(f"{SUBSCRIBERS}/*", after=True, cut="before_status")
    job = started(content)

    run(job)

    assert set(statuses(job).values()) == {"DONE"}
    assert sandbox.state.directory.subscribers.find("user_id", "ann@new.example") is None
    assert sandbox.state.directory.subscribers.find("user_id", "bo@new.example")


def test_lines_that_cannot_be_right_are_never_sent(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("ann", "bo").replace("standard", "gold", 1))

    run(job)

    assert list(statuses(job).values()) == ["SKIPPED", "DONE"]
    assert sent(sandbox) == ["bo@new.example"]


def test_webex_checks_first_without_changing_anything(
    make: Make, run: Run, sandbox: Sandbox
) -> None:
    job = make(
        people("ann", "bo", enterprise="wholesale+x").replace("wholesale+x", "ParkBench+n", 1)
    )

    jobs.check_first(job)
    run(job)

    assert job.status == BulkJob.Status.DRAFT
    assert job.checked_at
    assert list(statuses(job).values()) == ["PENDING", "SKIPPED"]
    assert not sandbox.ledger.provisions
    jobs.start(job, now=clock.now())
    run(job)
    assert list(statuses(job).values()) == ["DONE", "SKIPPED"]


# --- the job as a whole ---------------------------------------------------------------------


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


def test_a_call_that_comes_too_late_is_not_made(
    started: Make, run: Run, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that stood still: by then somebody else may have the row."""
    job = started(people("ann"))
    in_time = work._in_time
    monkeypatch.setattr(work, "_in_time", lambda ask, _until: in_time(ask, 0.0))
    turn(seconds=0.2)
    monkeypatch.setattr(work, "_in_time", in_time)

    assert not sandbox.ledger.provisions
    run(job)
    assert row("ann").status == "DONE"
