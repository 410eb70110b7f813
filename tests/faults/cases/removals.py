"""A bulk job that takes Webex and its people away, killed in the middle."""

import re
from collections import Counter

from integrations import clock
from integrations.actions import Action
from integrations.models import AuditEvent, BrandedURL, BulkJob
from integrations.provisioning.bulk import jobs
from integrations.sandbox.core.broadworks import Subscriber
from tests.faults.cases.bulk import PARTNER, administrator
from tests.faults.registry import NONE, case
from tests.faults.stage import Stage

PERSON = re.compile(r"/v1/people/(.+)")
KILLS = (0.3, 0.6)


@case("R40b", "a bulk job that removes people: a lost answer, kill -9 twice", rotations=(NONE,))
def removals(stage: Stage) -> None:
    lines = 400 if stage.is_full else 30
    stage.sandbox.state.subscribers = 3 * lines + 60
    stage.sandbox.scenario.update({"latency": 0.05, "lose_every": lines})
    app = stage.app("A")
    grant = administrator(stage, app)
    all_of_them = [
        each for each in stage.sandbox.state.directory.subscribers if _is_removable(each)
    ]
    wanted, others = all_of_them[:lines], all_of_them[lines:]
    assert len(wanted) == lines
    assert others
    job = jobs.make(
        user=grant.user, brand=BrandedURL.objects.get(app=app), file_name="leavers.csv",
        content="\n".join(["userId", *(each.user_id for each in wanted)]), operation="remove",
        now=clock.now(),
    )  # fmt: skip
    jobs.start(job, removes_people=True, now=clock.now())
    stage.beat()
    environment = {"WEBEX_JOB_CALLS_PER_MINUTE": "240" if stage.is_full else "1200"}
    for number, share in enumerate(KILLS):
        worker = stage.worker(f"killed{number}", **environment)
        stage.until(lambda share=share: len(_deleted(stage, PERSON)) >= share * lines, "a share")
        worker.kill()
    stage.worker("last", slots=1, **environment)
    stage.until(
        lambda: not BulkJob.objects.filter(pk=job.pk, status="RUNNING").exists(), "its end", 300
    )
    _each_exactly_once(stage, job, wanted, others)


def _is_removable(each: Subscriber) -> bool:
    return each.partner == PARTNER.name and each.status == "provisioned" and bool(each.person_id)


def _deleted(stage: Stage, path: re.Pattern[str]) -> Counter[str]:
    """How often Webex said yes, by id."""
    calls = [call for call in stage.sandbox.ledger.calls if call.method == "DELETE"]
    done = [call for call in calls if call.status is not None and call.status < 300]
    return Counter(found[1] for call in done if (found := path.fullmatch(call.path)))


def _each_exactly_once(
    stage: Stage, job: BulkJob, wanted: list[Subscriber], others: list[Subscriber]
) -> None:
    job.refresh_from_db()
    assert job.status == BulkJob.Status.FINISHED, f"{job.status} {job.stop_reason}"
    ended = Counter(job.rows.values_list("status", flat=True))
    assert ended == {"DONE": len(wanted)}, f"ended otherwise: {ended}"
    left = {each.id for each in stage.sandbox.state.directory.subscribers}
    people = {each.id for each in stage.sandbox.state.directory.people}
    assert not {each.id for each in wanted} & left, "still there"
    assert not {each.person_id for each in wanted} & people, "people still there"
    assert {each.id for each in others} <= left, "removed who was not asked for"
    assert {each.person_id for each in others} <= people, "people nobody named"
    for action in (Action.SUBSCRIBER_REMOVED, Action.PERSON_REMOVED):
        told = AuditEvent.objects.filter(action=action)
        objects = Counter(told.values_list("object_id", flat=True))
        assert len(objects) == len(wanted), f"{action}: {len(objects)} on record"
        assert max(objects.values()) == 1, f"{action}: on record more than once"
    asked = sum(call.method == "DELETE" for call in stage.sandbox.ledger.calls)
    stage.notes.append(f"{len(wanted)} people removed with {asked} calls, each on record once")
