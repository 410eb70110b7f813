"""Do the workspaces of BroadWorks do as Webex documents (contract 16.9)?"""

from __future__ import annotations

import pytest

from integrations.sandbox.core.broadworks import PARTNERS
from tests.sandbox.conftest import ACME, ANNA, Administrator

WORKSPACES = "/v1/broadworks/workspaces"
ROOM = {
    "provisioningId": PARTNERS[0].trusted_provisioning_id,
    "userId": "room1@acme.example",
    "spEnterpriseId": ACME,
    "displayName": "Conference Room",
    "extension": "51212",
}


def test_one_is_provisioned_changed_and_removed(pat: Administrator) -> None:
    made = pat.call("POST", WORKSPACES, ROOM).json
    assert {name: made[name] for name in ROOM} == ROOM

    changed = pat.call("PUT", f"{WORKSPACES}/{made['id']}", {"extension": "51213"}).json
    assert (changed["extension"], changed["displayName"]) == ("51213", "Conference Room")

    assert pat.call("DELETE", f"{WORKSPACES}/{made['id']}").status == 204
    assert pat.call("DELETE", f"{WORKSPACES}/{made['id']}").status == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"displayName": ""}, 400, "displayName"),
        ({"extension": ""}, 400, "primaryPhoneNumber"),
        ({"spEnterpriseId": "ParkBench+nobody"}, 400, "spEnterpriseId"),
        ({"provisioningId": "other"}, 400, "provisioningId"),
        ({"userId": ANNA["userId"]}, 409, "userId"),
    ],
)
def test_what_cannot_be_is_refused(
    pat: Administrator, changes: dict[str, str], status: int, field: str
) -> None:
    pat.provision()

    answer = pat.call("POST", WORKSPACES, ROOM | changes)

    assert (answer.status, field in answer.text) == (status, True)


def test_another_partner_and_another_scope_get_nothing(
    pat: Administrator, nora: Administrator
) -> None:
    made = pat.call("POST", WORKSPACES, ROOM).json
    assert nora.call("DELETE", f"{WORKSPACES}/{made['id']}").status == 404
    few = Administrator(pat.sandbox, "pat@parkbench.example", "spark-admin:places_read")
    assert few.call("POST", WORKSPACES, ROOM).status == 403
