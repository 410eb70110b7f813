"""BroadWorks enterprises and the synchronisation of their directories (contract 17.1, 17.2).

Each raises what `rest.call` raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.errors import Problem
from integrations.tokens import Bearer
from integrations.webex import answers, members, rest
from integrations.webex.http import Deadline

ENTERPRISES = "/broadworks/enterprises"
AT_ONCE = "100"
DONE = ("Added", "Updated", "Deleted")
TOTALS = {
    "users": "totalExternalUsersInCI",
    "machines": "totalExternalMachinesInCI",
    "userContacts": "totalUserContactsInContactService",
    "orgContacts": "totalOrgContactsInContactService",
}


@dataclass(frozen=True)
class DirectorySync:
    """`status` seen so far: NOT_SYNCED, IN_PROGRESS, COMPLETE; show others as they are."""

    is_enabled: bool
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    succeeded_at: datetime | None
    tracking_id: str  # of the last one: over when it is another and no longer IN_PROGRESS
    counts: Mapping[str, tuple[int, int, int]]  # added, updated, deleted
    totals: Mapping[str, int | None]  # there are at Webex now
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Enterprise:
    id: str
    org_id: str
    provisioning_id: str
    enterprise_id: str  # as subscribers name it
    directory_sync: DirectorySync


@dataclass(frozen=True)
class SyncedUser:
    """What became of one external user: ADD, UPDATE, DELETE or NO_OPERATION."""

    user_id: str
    name: str
    status: str


def enterprises(
    bearer: Bearer, query: Mapping[str, str], *, deadline: Deadline
) -> rest.Page[Enterprise]:
    """`query`: spEnterpriseId (exact), startsWith, max."""
    query = {"max": AT_ONCE, **query}
    return rest.page(bearer, ENTERPRISES, query, _enterprise, deadline=deadline)


def next_page(bearer: Bearer, next_url: str, *, deadline: Deadline) -> rest.Page[Enterprise]:
    return rest.next_page(bearer, next_url, _enterprise, deadline=deadline)


def directory_sync(bearer: Bearer, id: str, *, deadline: Deadline) -> DirectorySync:
    return _sync(rest.call(bearer, "GET", _path(id), deadline=deadline).body)


def set_directory_sync(
    bearer: Bearer, id: str, is_enabled: bool, *, deadline: Deadline
) -> DirectorySync:
    body = {"enableDirSync": is_enabled}
    return _sync(rest.call(bearer, "PUT", _path(id), deadline=deadline, body=body).body)


def sync_now(bearer: Bearer, id: str, *, deadline: Deadline) -> DirectorySync:
    body = {"syncStatus": "SYNC_NOW"}
    return _sync(rest.call(bearer, "POST", _path(id), deadline=deadline, body=body).body)


def sync_user(bearer: Bearer, id: str, user_id: str, *, deadline: Deadline) -> SyncedUser:
    """One external user, at once."""
    path, body = _path(id) + "/externalUser", {"userId": user_id}
    answer = rest.call(bearer, "POST", path, deadline=deadline, body=body).body
    user = members.mapping(answer.get("userResponse"))
    names = (members.text(user.get(name)) for name in ("firstName", "lastName"))
    return SyncedUser(
        user_id=members.text(user.get("userId")) or user_id,
        name=" ".join(filter(None, names)),
        status=members.text(answer.get("status")),
    )


def _path(id: str) -> str:
    return ENTERPRISES + rest.path(id, "broadworksDirectorySync")


def _enterprise(entry: Mapping[str, Any]) -> Enterprise:
    return Enterprise(
        id=members.identifier(entry.get("id")),
        org_id=members.identifier(entry.get("orgId")),
        provisioning_id=members.text(entry.get("provisioningId")),
        enterprise_id=members.text(entry.get("spEnterpriseId")),
        directory_sync=_sync(members.mapping(entry.get("broadworksDirectorySync"))),
    )


def _sync(entry: Mapping[str, Any]) -> DirectorySync:
    status = members.mapping(entry.get("directorySyncStatus"))
    return DirectorySync(
        is_enabled=members.switch(entry.get("enableDirSync")),
        status=members.text(status.get("syncStatus")),
        started_at=members.moment(status.get("lastSyncStartTime")),
        ended_at=members.moment(status.get("lastSyncEndTime")),
        succeeded_at=members.moment(status.get("lastSuccessfulSyncTime")),
        tracking_id=members.text(status.get("lastSyncTrackingId")),
        counts={what: _count(status, what) for what in TOTALS},
        totals={what: members.whole_number(status.get(name)) for what, name in TOTALS.items()},
        problems=answers.problems(status),
    )


def _count(status: Mapping[str, Any], what: str) -> tuple[int, int, int]:
    added, updated, deleted = (members.whole_number(status.get(what + how)) or 0 for how in DONE)
    return added, updated, deleted
