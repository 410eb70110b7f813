"""A job from its file to its end, at the sandbox."""

from collections import Counter

import pytest

from integrations import clock
from integrations.models import AuditEvent, BulkJob, BulkRow
from integrations.provisioning.bulk import jobs, remarks, work
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
    assert "consent" in remarks.of_row(row("migrate-bo"))
    assert set(sandbox.ledger.provisions.values()) == {1}


def test_what_webex_rejects_fails_in_words_and_the_rest_goes_on(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    job = started(people("ann", enterprise="wholesale+x") + "\n" + people("bo").split("\n")[1])

    run(job)

    assert statuses(job) == {"ann@new.example": "FAILED", "bo@new.example": "DONE"}
    ann = row("ann")
    assert "Wholesale" in remarks.of_row(ann)
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
    assert "several times" in remarks.of_row(row("ann"))


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
    assert remarks.of_row(job.rows.get()) == "Was there already."
    assert job.rows.get().status == "DONE"

    job = started(elsewhere)
    run(job)

    assert job.rows.get().status == "FAILED"
    assert known.sp_enterprise_id in remarks.of_row(job.rows.get())


def test_packages_are_changed_and_only_what_differs_is_sent(
    started: Make, run: Run, sandbox: Sandbox
) -> None:
    run(started(people("ann", "bo")))
    content = "userId;package;firstName\nann@new.example;premium;Ann\nbo@new.example;standard;Bo\n"
    job = started(content + "nobody@new.example;basic;\n", "update")

    run(job)

    assert list(statuses(job).values()) == ["DONE", "DONE", "FAILED"]
    assert remarks.of_row(job.rows.get(broadworks_user_id="bo@new.example")) == "Nothing to change."
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
