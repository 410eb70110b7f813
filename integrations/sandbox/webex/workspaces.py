"""BroadWorks workspaces: provision, update, remove (contract 16.9). No call lists them."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.core.broadworks import Workspace
from integrations.sandbox.core.entities import resource_id, uuid_in
from integrations.sandbox.core.http import Request, Response, Routes, json_answer
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import malformed, moment, not_found
from integrations.sandbox.webex.caller import authenticated_partner
from integrations.sandbox.webex.fields import check_reachable, checked
from integrations.sandbox.webex.subscribers import user_taken

routes = Routes()
WRITE = "spark-admin:places_write"
REQUIRED = ("provisioningId", "userId", "spEnterpriseId", "displayName")
CHANGEABLE = ("userId", "primaryPhoneNumber", "extension")
KIND = "PLACE"


@routes("POST", "/v1/broadworks/workspaces")
def provision(state: State, request: Request) -> Response:
    """Only at an enterprise that is there already."""
    partner, _ = authenticated_partner(state, request, WRITE, writes=True)
    values = request.json()
    allowed = (*REQUIRED, *CHANGEABLE)
    fields = checked(values, required=REQUIRED, allowed=allowed)
    check_reachable(fields)
    enterprise = state.directory.enterprises.find("sp_enterprise_id", fields["sp_enterprise_id"])
    if enterprise is None or enterprise.partner != partner.name:
        raise malformed("The enterprise is unknown.", "spEnterpriseId")
    if fields["provisioning_id"] not in partner.provisioning_ids:
        raise malformed("The provisioning ID is unknown.", "provisioningId")
    _check_free(state, fields["user_id"])
    display_name, now = values["displayName"], state.now()
    row = Workspace(**fields, partner=partner.name, display_name=display_name, created_at=now)
    return json_answer(_as_json(state.directory.workspaces.add(row)))


@routes("PUT", "/v1/broadworks/workspaces/{}")
def update(state: State, request: Request, workspace_id: str) -> Response:
    row = _asked(state, request, workspace_id)
    changes = checked(request.json(), allowed=CHANGEABLE)
    numbers = {name: getattr(row, name) for name in ("primary_phone_number", "extension")}
    check_reachable(numbers | changes)
    if changes.get("user_id", row.user_id) != row.user_id:
        _check_free(state, changes["user_id"])
    state.directory.workspaces.change(row, **changes)
    return json_answer(_as_json(row))


@routes("DELETE", "/v1/broadworks/workspaces/{}")
def remove(state: State, request: Request, workspace_id: str) -> Response:
    state.directory.workspaces.remove(_asked(state, request, workspace_id))
    return Response(204)


def _asked(state: State, request: Request, workspace_id: str) -> Workspace:
    partner, _ = authenticated_partner(state, request, WRITE, writes=True)
    row = state.directory.workspaces.get(uuid_in(KIND, workspace_id))
    if row is None or row.partner != partner.name:
        raise not_found()
    return row


def _check_free(state: State, user_id: str) -> None:
    directory = state.directory
    if directory.workspaces.find("user_id", user_id) or directory.subscribers.find(
        "user_id", user_id
    ):
        raise user_taken()


def _as_json(row: Workspace) -> dict[str, Any]:
    shown = {
        "id": resource_id(KIND, row.id),
        "provisioningId": row.provisioning_id,
        "userId": row.user_id,
        "spEnterpriseId": row.sp_enterprise_id,
        "displayName": row.display_name,
        "primaryPhoneNumber": row.primary_phone_number,
        "extension": row.extension,
        "created": moment(row.created_at),
    }
    return {name: value for name, value in shown.items() if value}
