"""BroadWorks enterprises and their directory sync (contract 17.1, 17.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from integrations.sandbox.core.broadworks import Enterprise
from integrations.sandbox.core.entities import new_uuid, resource_id, uuid_in
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.provisioning import settle
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import malformed, not_found
from integrations.sandbox.webex.caller import authenticated_partner
from integrations.sandbox.webex.paging import asked_max, asked_start, page_of

routes = Routes()
READ = "spark-admin:broadworks_enterprises_read"
WRITE = "spark-admin:broadworks_enterprises_write"
SYNC = "/v1/broadworks/enterprises/{}/broadworksDirectorySync"
UNREACHABLE = {
    "errorCode": 6003,
    "description": "The sync failed while trying to connect to the BroadWorks cluster.",
}


@routes("GET", "/v1/broadworks/enterprises")
def enterprises(state: State, request: Request) -> Response:
    partner, _ = authenticated_partner(state, request, READ)
    settle(state)
    name, prefix = request.query.get("spEnterpriseId"), request.query.get("startsWith", "")
    register = state.directory.enterprises
    rows = (
        row
        for row in register.scan(asked_start(request))
        if row.partner == partner.name
        and row.ready_at <= state.now()
        and name in (None, row.sp_enterprise_id)
        and row.sp_enterprise_id.lower().startswith(prefix.lower())
    )
    size = asked_max(request, default=100, limit=1000)
    return page_of(request, rows, partial(_as_json, state), size=size, place_of=register.place_of)


@routes("GET", SYNC)
def sync_status(state: State, request: Request, enterprise_id: str) -> Response:
    return json_answer(_sync(state, _asked(state, request, READ, enterprise_id)))


@routes("PUT", SYNC)
def switch_sync(state: State, request: Request, enterprise_id: str) -> Response:
    row = _asked(state, request, WRITE, enterprise_id, writes=True)
    is_synced = request.json().get("enableDirSync")
    if not isinstance(is_synced, bool):
        raise malformed("enableDirSync is true or false.", "enableDirSync")
    changes: dict[str, Any] = {"is_synced": is_synced}
    if is_synced != row.is_synced:
        changes |= {"sync_started_at": None, "sync_ends_at": None, "sync_tracking_id": ""}
    state.directory.enterprises.change(row, **changes)
    state.changed()
    return json_answer(_sync(state, row, in_short=True))


@routes("POST", SYNC)
def sync_now(state: State, request: Request, enterprise_id: str) -> Response:
    row = _asked(state, request, WRITE, enterprise_id, writes=True)
    if request.json().get("syncStatus") != "SYNC_NOW":
        raise malformed("syncStatus is SYNC_NOW.", "syncStatus")
    _check_synced(row)
    if _sync_status(state, row) != "IN_PROGRESS":
        now = state.now()
        state.directory.enterprises.change(
            row,
            sync_started_at=now,
            sync_ends_at=now + state.scenario.sync_seconds,
            sync_tracking_id=f"NA_{new_uuid()}",
        )
        state.changed()
    return json_answer(_sync(state, row, in_short=True))


@routes("POST", f"{SYNC}/externalUser")
def sync_external_user(state: State, request: Request, enterprise_id: str) -> Response:
    """By the user id: `new-` is added, `gone-` deleted, a subscriber updated, the rest left."""
    row = _asked(state, request, WRITE, enterprise_id, writes=True)
    user_id = request.json().get("userId")
    if not isinstance(user_id, str) or not user_id:
        raise malformed("userId is missing.", "userId")
    _check_synced(row)
    subscriber = state.directory.subscribers.find("user_id", user_id)
    status = "UPDATE" if subscriber else "NO_OPERATION"
    for prefix, word in (("new-", "ADD"), ("gone-", "DELETE")):
        status = word if user_id.startswith(prefix) else status
    answer = {"userId": user_id}
    if subscriber is not None and subscriber.sp_enterprise_id == row.sp_enterprise_id:
        answer |= {
            "firstName": subscriber.first_name,
            "lastName": subscriber.last_name,
            "extension": subscriber.extension,
            "number": subscriber.primary_phone_number,
            "mobile": subscriber.mobile_phone_number,
        }
    return json_answer({"userResponse": answer, "status": status})


def _asked(
    state: State, request: Request, scope: str, enterprise_id: str, *, writes: bool = False
) -> Enterprise:
    partner, _ = authenticated_partner(state, request, scope, writes=writes)
    settle(state)
    row = state.directory.enterprises.get(uuid_in("ENTERPRISE", enterprise_id))
    if row is None or row.partner != partner.name or row.ready_at > state.now():
        raise not_found()
    return row


def _check_synced(row: Enterprise) -> None:
    if not row.is_synced:
        text = "Directory sync is not enabled for this enterprise."
        raise ApiError(409, text, text)


def _as_json(state: State, row: Enterprise) -> dict[str, Any]:
    return {
        "id": resource_id("ENTERPRISE", row.id),
        "orgId": resource_id("ORGANIZATION", row.org_id),
        "provisioningId": row.provisioning_id,
        "spEnterpriseId": row.sp_enterprise_id,
        "broadworksDirectorySync": _sync(state, row),
    }


def _sync_status(state: State, row: Enterprise) -> str:
    if row.sync_ends_at is None:
        return "NOT_SYNCED"
    return "IN_PROGRESS" if row.sync_ends_at > state.now() else "COMPLETE"


def _sync(state: State, row: Enterprise, *, in_short: bool = False) -> dict[str, Any]:
    status = _sync_status(state, row)
    shown: dict[str, Any] = {"syncStatus": status}
    if not in_short and row.sync_started_at is not None:
        shown["lastSyncStartTime"] = _moment(row.sync_started_at)
    if not in_short and status == "COMPLETE" and row.sync_ends_at is not None:
        shown |= {
            "lastSyncEndTime": _moment(row.sync_ends_at),
            "lastSyncTrackingId": row.sync_tracking_id,
            **_result(state, row),
        }
    return {"enableDirSync": row.is_synced, "directorySyncStatus": shown}


def _result(state: State, row: Enterprise) -> dict[str, Any]:
    if row.sync_fails:
        return {"errors": [UNREACHABLE]}
    users = len(state.directory.subscribers.places("sp_enterprise_id", row.sp_enterprise_id))
    changed = {"Added": users // 40, "Updated": users // 15, "Deleted": users // 90}
    kinds = {"users": 1, "machines": 0, "userContacts": 0, "orgContacts": 1}
    return {
        "lastSuccessfulSyncTime": _moment(row.sync_ends_at or 0),
        **{
            f"{kind}{what}": n * some for kind, some in kinds.items() for what, n in changed.items()
        },
        "totalExternalUsersInCI": users // 3,
        "totalExternalMachinesInCI": users // 50,
        "totalUserContactsInContactService": 0,
        "totalOrgContactsInContactService": users // 10,
    }


def _moment(at: float) -> str:
    """With microseconds, as in Webex's examples (contract 15)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
