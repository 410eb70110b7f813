"""One row, one question to Webex. Runs in a thread, touches no database.

There are no idempotency keys: whether somebody is provisioned already tells only a look at Webex.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from django.conf import settings

from integrations.models import BulkJob, BulkRow
from integrations.provisioning import following, subscribers
from integrations.provisioning.bulk.columns import CHANGEABLE
from integrations.tokens import Bearer
from integrations.webex import broadworks, people
from integrations.webex.broadworks import Subscriber
from integrations.webex.http import Deadline

PROVISION, UPDATE, REMOVE, VERIFY = BulkRow.Operation


class Kind(StrEnum):
    ACCEPTED = auto()
    FOUND = auto()
    ABSENT = auto()
    UNCHANGED = auto()
    REMOVED = auto()  # the connection
    PERSON_REMOVED = auto()
    BACK = auto()  # whoever was removed is there again: their person was left alone
    CHECKED = auto()
    CHANGES = auto()  # of many, asked for at once
    ORGANISATION_EXISTS = auto()  # nothing was sent: others of the enterprise may go, too


@dataclass(frozen=True)
class Answer:
    kind: Kind
    subscriber: Subscriber | None = None
    changed: tuple[Subscriber, ...] = ()
    calls: int = 1


def is_write(job: BulkJob, row: BulkRow) -> bool:
    """Else it is a look at Webex, which changes nothing."""
    if job.status == BulkJob.Status.CHECKING or row.status == BulkRow.Status.ACCEPTED:
        return False
    if row.operation == VERIFY:
        return False
    if row.operation == REMOVE:
        return bool(row.subscriber_id)  # first it is noted whom to remove
    return row.operation != PROVISION or row.status == BulkRow.Status.PENDING


def ask(bearer: Bearer, job: BulkJob, row: BulkRow, fields: Mapping[str, str]) -> Answer:
    """`fields` are those of `fields_of`. Raises what the calls of `broadworks` raise."""
    deadline = Deadline(settings.WEBEX_TIMEOUT)
    if job.status == BulkJob.Status.CHECKING or row.operation == VERIFY:
        broadworks.check(bearer, fields, deadline=deadline)
        return Answer(Kind.CHECKED)
    if not is_write(job, row):
        return _look_up(bearer, row, deadline)
    if row.operation == UPDATE:
        return _update(bearer, row, deadline)
    if row.operation == REMOVE:
        return _remove(bearer, row, deadline)
    return _provision(bearer, row, fields, deadline)


def fields_of(job: BulkJob, row: BulkRow) -> dict[str, str]:
    default = {"provisioningId": job.grant.app.default_provisioning_id}
    cells = {name: cell for name, cell in row.cells.items() if name != "operation"}
    return default | cells


def changes(bearer: Bearer, since: datetime) -> Answer:
    """Whose status changed since then, by Webex's clock."""
    deadline = Deadline(settings.WEBEX_TIMEOUT)
    page = broadworks.subscribers(bearer, following.changed_query(since), deadline=deadline)
    found, calls = page.items, 1
    while page.next_url and calls < following.PAGES:
        page = broadworks.next_page(bearer, page.next_url, deadline=deadline)
        found, calls = found + page.items, calls + 1
    return Answer(Kind.CHANGES, changed=found, calls=calls)


def _provision(
    bearer: Bearer, row: BulkRow, fields: Mapping[str, str], deadline: Deadline
) -> Answer:
    calls = 1
    if row.gate == BulkRow.Gate.FIRST:
        query = {"spEnterpriseId": row.enterprise_id, "status": "provisioned", "max": "1"}
        if broadworks.subscribers(bearer, query, deadline=deadline).items:
            return Answer(Kind.ORGANISATION_EXISTS)
        calls = 2
    subscriber = broadworks.provision(bearer, fields, deadline=deadline)
    return Answer(Kind.ACCEPTED, subscriber, calls=calls)


def _look_up(bearer: Bearer, row: BulkRow, deadline: Deadline) -> Answer:
    page = broadworks.subscribers(bearer, {"userId": row.broadworks_user_id}, deadline=deadline)
    wanted = row.broadworks_user_id.lower()
    found = next((each for each in page.items if each.user_id.lower() == wanted), None)
    return Answer(Kind.FOUND, found) if found else Answer(Kind.ABSENT)


def _update(bearer: Bearer, row: BulkRow, deadline: Deadline) -> Answer:
    """PUT may be repeated: after a lost answer there is nothing left to change."""
    found = _look_up(bearer, row, deadline).subscriber
    if found is None:
        return Answer(Kind.ABSENT)
    wanted = {name: cell for name, cell in row.cells.items() if name in CHANGEABLE}
    changed = subscribers.changes(found, wanted)
    if not changed or is_elsewhere(row, found):
        return Answer(Kind.UNCHANGED, found)
    updated = broadworks.update(bearer, found.id, changed, deadline=deadline)
    return Answer(Kind.ACCEPTED, updated, calls=2)


def _remove(bearer: Bearer, row: BulkRow, deadline: Deadline) -> Answer:
    """DELETE of what was noted may be repeated, whatever became of the one before.

    A job that waited for days may find that somebody gave them Webex again meanwhile.
    """
    if row.removed_at:
        found = _look_up(bearer, row, deadline).subscriber
        if found and found.id != row.subscriber_id:
            return Answer(Kind.BACK, found)
        subscribers.delete(lambda: people.remove_person(bearer, row.person_id, deadline=deadline))
        return Answer(Kind.PERSON_REMOVED, calls=2)
    subscribers.delete(lambda: broadworks.remove(bearer, row.subscriber_id, deadline=deadline))
    return Answer(Kind.REMOVED)


def is_elsewhere(row: BulkRow, found: Subscriber) -> bool:
    """The file names another enterprise than Webex does."""
    return bool(row.enterprise_id) and row.enterprise_id != found.enterprise_id
