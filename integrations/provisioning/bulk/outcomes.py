"""What an answer means for its row, and an error for row and job.

Whatever leaves it open whether Webex acted makes the row UNKNOWN: it is looked up before it is sent
again, and sent again only where Webex did not know of it twice, a minute apart.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from integrations import actor
from integrations.actions import Action
from integrations.errors import (
    InsufficientScope,
    Locked,
    Problem,
    Rejected,
    WebexError,
    WebexUnavailable,
)
from integrations.models import AuditEvent, BulkJob, BulkRow, WatchedSubscriber
from integrations.provisioning import announcing, following
from integrations.provisioning.bulk import gates, pauses, remarks
from integrations.provisioning.bulk.asking import Answer, Kind, is_elsewhere
from integrations.provisioning.bulk.remarks import Remark, said
from integrations.provisioning.caller import Caller
from integrations.webex.broadworks import Subscriber

logger = logging.getLogger(__name__)

CLOCK_SKEW = timedelta(minutes=5)
BETWEEN_LOOKS = timedelta(seconds=60)
SOON = timedelta(seconds=5)
FIRST_LOOK, LATER_LOOKS = timedelta(minutes=10), timedelta(minutes=15)  # beside the poll
LONGEST_SETUP = timedelta(hours=24)
MOST_ATTEMPTS = 3
ALREADY_THERE = 10022  # "The BroadWorks UserID is already associated with an existing user"
WRITTEN = {
    BulkRow.Operation.PROVISION: Action.SUBSCRIBER_PROVISIONED,
    BulkRow.Operation.UPDATE: Action.SUBSCRIBER_CHANGED,
}
Status = BulkRow.Status
PROVISION, UPDATE, REMOVE, VERIFY = BulkRow.Operation


def record(row: BulkRow, answer: Answer, *, now: datetime) -> None:
    found = answer.subscriber
    if answer.kind is Kind.CHECKED and row.operation == VERIFY:
        _finish(row, now, Status.DONE, remarks=said(Remark.CHECKED))
    elif answer.kind is Kind.CHECKED:
        row.write(checked_at=now)
    elif answer.kind is Kind.ORGANISATION_EXISTS:
        with transaction.atomic():
            gates.open_all(row)
            put_back(row)
    elif answer.kind in (Kind.REMOVED, Kind.PERSON_REMOVED, Kind.BACK):
        _record_removed(row, answer.kind, now)
    elif answer.kind is Kind.ABSENT:
        _record_absent(row, now)
    elif found and row.operation == REMOVE:
        _note_whom_to_remove(row, found, now)
    elif found and answer.kind is Kind.UNCHANGED:
        _record_unchanged(row, found, now)
    elif found and answer.kind is Kind.FOUND and row.status != Status.ACCEPTED:
        _record_found(row, found, now)
    elif found:
        _record_accepted(row, found, now)


def _record_accepted(row: BulkRow, found: Subscriber, now: datetime) -> None:
    with transaction.atomic():
        if row.status != Status.ACCEPTED:
            _record_written(row, found, now)
        follow(row, found, now=now)


def _record_written(row: BulkRow, found: Subscriber, now: datetime) -> None:
    _put_on_record(
        row, WRITTEN[BulkRow.Operation(row.operation)],
        following.row_of(Caller(row.job.grant, now), found), now=now,
        changed=row.cells.keys() - {"operation", "userId"}, tracking_id=found.tracking_id,
    )  # fmt: skip


def _put_on_record(
    row: BulkRow, action: Action, about: WatchedSubscriber, *, now: datetime, **facts: Any
) -> None:
    """As where a person clicks: about the same object, by whoever started the job."""
    if not row.is_ours():
        return
    job, user = row.job, row.job.grant.user
    who = actor.Actor(actor.Kind.PERSON, user.get_username(), user.pk, hostname=job.hostname)
    with actor.acting(lambda: who):
        AuditEvent.objects.record(action, about, now=now, **facts)


def _note_whom_to_remove(row: BulkRow, found: Subscriber, now: datetime) -> None:
    """Before it is done: afterwards Webex no longer says whose person it was."""
    if is_elsewhere(row, found):
        _fail_elsewhere(row, found, now)
        return
    person_id = found.person_id if row.job.removes_people else ""
    facts = {"subscriber_id": found.id, "enterprise_id": found.enterprise_id[:200]}
    row.write(status=Status.PENDING, due_at=now, person_id=person_id, **facts)


def _record_removed(row: BulkRow, kind: Kind, now: datetime) -> None:
    if kind is Kind.BACK:
        _finish(row, now, Status.FAILED, remarks=said(Remark.BACK))
        return
    key = WatchedSubscriber.key_of(row.job.grant.app_id, row.subscriber_id)
    about = WatchedSubscriber(
        key=key, broadworks_user_id=row.broadworks_user_id, enterprise_id=row.enterprise_id
    )
    with transaction.atomic():
        if kind is Kind.PERSON_REMOVED:
            _put_on_record(row, Action.PERSON_REMOVED, about, now=now)
            _finish(row, now, Status.DONE, remarks=said(Remark.PERSON_REMOVED))
            return
        _put_on_record(row, Action.SUBSCRIBER_REMOVED, about, now=now)
        if not row.person_id:
            _finish(row, now, Status.DONE)
            return
        facts = {"removed_at": now, "attempts": 0, "remarks": said(Remark.PERSON_NEXT)}
        row.write(status=Status.PENDING, due_at=now, **facts)


def _record_absent(row: BulkRow, now: datetime) -> None:
    if row.status == Status.ACCEPTED:
        _finish(row, now, Status.FAILED, remarks=said(Remark.GONE))
    elif row.operation == REMOVE:
        _finish(row, now, Status.DONE, remarks=said(Remark.NOT_THERE))
    elif row.operation == UPDATE:
        _finish(row, now, Status.FAILED, remarks=said(Remark.UNKNOWN))
    elif row.error_code == str(ALREADY_THERE):
        _finish(row, now, Status.FAILED)
    elif row.missed_at and row.missed_at <= now - BETWEEN_LOOKS:
        _send_again(row, now)
    else:
        missed_at = row.missed_at or now
        row.write(status=Status.UNKNOWN, missed_at=missed_at, due_at=missed_at + BETWEEN_LOOKS)


def _send_again(row: BulkRow, now: datetime) -> None:
    if row.attempts < MOST_ATTEMPTS:
        row.write(status=Status.PENDING, due_at=now)
        return
    _finish(row, now, Status.FAILED, remarks=said(Remark.NEVER_ARRIVED))


def _record_unchanged(row: BulkRow, found: Subscriber, now: datetime) -> None:
    if is_elsewhere(row, found):
        _fail_elsewhere(row, found, now)
    else:
        _finish(row, now, Status.DONE, found, remarks=said(Remark.SAME))


def _record_found(row: BulkRow, found: Subscriber, now: datetime) -> None:
    """Sent, and the answer lost, or told that it is there already."""
    is_older = found.created_at and row.sent_at and found.created_at < row.sent_at - CLOCK_SKEW
    if row.error_code != str(ALREADY_THERE) and not is_older:
        _record_accepted(row, found, now)
    elif is_elsewhere(row, found):
        _fail_elsewhere(row, found, now)
    else:
        _finish(row, now, Status.DONE, found, remarks=said(Remark.WAS_THERE), error_code="")


def _fail_elsewhere(row: BulkRow, found: Subscriber, now: datetime) -> None:
    why = said(Remark.ELSEWHERE, enterprise=found.enterprise_id)
    _finish(row, now, Status.FAILED, found, remarks=why)


def follow(row: BulkRow, found: Subscriber, *, now: datetime) -> None:
    """How it stands at Webex; an answer older than what we wait for is none."""
    is_stale = row.watched_since and found.changed_at and found.changed_at < row.watched_since
    if is_stale or found.status not in following.FINAL:
        _watch(row, found, now)
    elif found.status == "error":
        why = remarks.of_problems(found.problems, found.tracking_id)
        _finish(row, now, Status.FAILED, found, remarks=why, error_code=_code(found.problems))
    else:
        _finish(row, now, Status.DONE, found, remarks=remarks.of_state(found.status))


def _watch(row: BulkRow, found: Subscriber, now: datetime) -> None:
    if row.accepted_at and now - row.accepted_at > LONGEST_SETUP:
        _finish(row, now, Status.DONE, found, remarks=said(Remark.SLOW))
        return
    accepted_at = row.accepted_at or now
    row.write(
        status=Status.ACCEPTED,
        accepted_at=accepted_at,
        watched_since=row.watched_since or found.changed_at or now,
        due_at=accepted_at + FIRST_LOOK if now < accepted_at + FIRST_LOOK else now + LATER_LOOKS,
        **_facts(found),
    )


def record_rejected(row: BulkRow, error: Rejected, *, now: datetime, is_check: bool) -> None:
    why, code = remarks.of_rejection(error), _code(error.problems)
    said_first = said(Remark.PERSON_STAYS) if row.removed_at else []
    facts: Any = {"remarks": [*said_first, *why], "tracking_id": error.tracking_id}
    if is_check:
        problems = {each.get("field") or "userId": each for each in why}
        row.write(status=Status.SKIPPED, problems=problems, error_code=code, **facts)
    elif row.operation == PROVISION and ALREADY_THERE in (each.code for each in error.problems):
        row.write(status=Status.UNKNOWN, due_at=now, error_code=str(ALREADY_THERE), **facts)
    else:
        _finish(row, now, Status.FAILED, error_code=code, **facts)


def _code(problems: tuple[Problem, ...]) -> str:
    return next((str(each.code) for each in problems if each.code is not None), "")


def record_error(job: BulkJob, row: BulkRow | None, error: WebexError, *, now: datetime) -> None:
    """All but a rejection; a poll has no row. What certainly was not done is as it was before."""
    if isinstance(error, WebexUnavailable) and (isinstance(error, Locked) or error.status == 429):
        pauses.wait(job, error.retry_after or SOON, now=now)
    elif isinstance(error, WebexUnavailable):
        pauses.note_failure(job, now=now)
        if row:
            _record_unavailable(row, now)
        return
    if row and isinstance(error, InsufficientScope):
        _put_behind(row, error, now)
    elif row:
        put_back(row)


def _put_behind(row: BulkRow, error: InsufficientScope, now: datetime) -> None:
    """It stops the job, and whoever lets it go on sees the others pass first."""
    if row.attempts + 1 < MOST_ATTEMPTS:
        row.write(status=row.status, due_at=now, attempts=row.attempts + 1, sent_at=row.sent_at)
        return
    why = said(Remark.FORBIDDEN)
    _finish(row, now, Status.FAILED, remarks=why, tracking_id=error.tracking_id)


def _record_unavailable(row: BulkRow, now: datetime) -> None:
    if row.status != Status.PENDING:  # it was but looked for
        row.write(due_at=now + SOON)
    elif row.operation == PROVISION:
        row.write(status=Status.UNKNOWN, due_at=now + SOON)
    elif row.attempts + 1 < MOST_ATTEMPTS:
        row.write(status=Status.PENDING, due_at=now + SOON, attempts=row.attempts + 1)
    else:
        _finish(row, now, Status.FAILED, remarks=said(Remark.UNANSWERED))


def put_back(row: BulkRow) -> None:
    """As it was when it was claimed: nothing was done, and no attempt counts."""
    row.write(status=row.status, attempts=row.attempts, sent_at=row.sent_at)


def _finish(
    row: BulkRow, now: datetime, status: str, found: Subscriber | None = None, **columns: Any
) -> None:
    facts = (_facts(found) if found else {}) | columns
    with transaction.atomic():
        if not row.write(status=status, **facts):
            return
        if row.operation == PROVISION:
            _announce(row, now, status, found)
        if row.gate == BulkRow.Gate.FIRST:
            exists = found is not None and found.status == "provisioned"
            gates.open_all(row) if exists else gates.send_next(row)


def _announce(row: BulkRow, now: datetime, status: str, found: Subscriber | None) -> None:
    grant, hostname = row.job.grant, row.job.hostname
    if found and row.accepted_at:
        was = announcing.SET_UP[0]
        announcing.announce_end(grant, found, was=was, hostname=hostname, now=now)
    elif status == Status.FAILED:
        about = WatchedSubscriber(
            webex_id=row.subscriber_id,
            broadworks_user_id=row.broadworks_user_id,
            enterprise_id=row.enterprise_id,
        )
        announcing.announce_failure(grant, about, hostname=hostname, now=now)


def _facts(found: Subscriber) -> dict[str, str]:
    facts = {"subscriber_id": found.id, "webex_status": found.status[:50]}
    return facts | ({"tracking_id": found.tracking_id} if found.tracking_id else {})
