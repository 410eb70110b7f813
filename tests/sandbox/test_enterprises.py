"""Do enterprises and their directory sync behave as Webex's do (contract 17.1, 17.2)?"""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import ALICE, ENTERPRISES, SUBSCRIBERS, Administrator


@pytest.fixture
def acme(pat: Administrator) -> str:
    """The path of an enterprise's directory sync."""
    return f"{ENTERPRISES}/{pat.items(ENTERPRISES)[0]['id']}/broadworksDirectorySync"


def status_of(answer: Any) -> dict[str, Any]:
    return dict(answer.json["directorySyncStatus"])


def test_a_partner_sees_their_twenty_enterprises_with_their_organizations(
    pat: Administrator,
) -> None:
    rows = pat.items(ENTERPRISES)
    assert len(rows) == 20
    names = {org["id"]: org["displayName"] for org in pat.items("/v1/organizations")}
    assert names[rows[0]["orgId"]] == "Acme Corporation"
    assert {row["orgId"] for row in rows} <= set(names)


def test_enterprises_are_found_by_name_and_by_its_beginning(pat: Administrator) -> None:
    names = [row["spEnterpriseId"] for row in pat.items(f"{ENTERPRISES}?startsWith=ParkBench%2Bc")]
    assert names
    assert all(name.startswith("ParkBench+c") for name in names)
    assert len(pat.items(f"{ENTERPRISES}?spEnterpriseId={names[0].replace('+', '%2B')}")) == 1
    assert pat.items(f"{ENTERPRISES}?spEnterpriseId=ParkBench") == []


def test_a_sync_takes_ten_seconds_and_leaves_a_new_tracking_id(
    pat: Administrator, sandbox: Sandbox, acme: str
) -> None:
    before = status_of(pat.get(acme))
    assert status_of(pat.call("POST", acme, {"syncStatus": "SYNC_NOW"})) == {
        "syncStatus": "IN_PROGRESS"
    }
    sandbox.advance(9)
    assert status_of(pat.get(acme))["syncStatus"] == "IN_PROGRESS"
    sandbox.advance(2)
    after = status_of(pat.get(acme))
    assert after["syncStatus"] == "COMPLETE"
    assert after["lastSyncTrackingId"] != before["lastSyncTrackingId"]


def test_sync_is_switched_off_and_on_and_runs_only_when_on(pat: Administrator, acme: str) -> None:
    off = pat.call("PUT", acme, {"enableDirSync": False})
    assert off.json == {
        "enableDirSync": False,
        "directorySyncStatus": {"syncStatus": "NOT_SYNCED"},
    }
    assert pat.call("POST", acme, {"syncStatus": "SYNC_NOW"}).status == 409
    assert pat.call("PUT", acme, {"enableDirSync": True}).json["enableDirSync"] is True
    assert pat.call("POST", acme, {"syncStatus": "SYNC_NOW"}).status == 200


def test_some_enterprise_cannot_reach_its_cluster(pat: Administrator, nora: Administrator) -> None:
    rows = [*pat.items(ENTERPRISES), *nora.items(ENTERPRISES)]
    statuses = [row["broadworksDirectorySync"]["directorySyncStatus"] for row in rows]
    errors = [status["errors"][0]["errorCode"] for status in statuses if "errors" in status]
    assert set(errors) == {6003}


@pytest.mark.parametrize(
    ("user_id", "status"),
    [("new-1@x", "ADD"), ("gone-1@x", "DELETE"), ("other@x", "NO_OPERATION")],
)
def test_one_external_user_is_synced_at_once(
    pat: Administrator, acme: str, user_id: str, status: str
) -> None:
    answer = pat.call("POST", f"{acme}/externalUser", {"userId": user_id}).json
    assert answer == {"userResponse": {"userId": user_id}, "status": status}


def test_a_known_external_user_comes_with_names_and_numbers(pat: Administrator, acme: str) -> None:
    row = pat.items(f"{SUBSCRIBERS}?spEnterpriseId=ParkBench%2Bacme-corporation")[0]
    answer = pat.call("POST", f"{acme}/externalUser", {"userId": row["userId"]}).json
    assert (answer["status"], answer["userResponse"]["firstName"]) == ("UPDATE", row["firstName"])


@pytest.mark.parametrize(
    ("method", "tail", "body"),
    [
        ("PUT", "", {}),
        ("PUT", "", {"enableDirSync": "true"}),
        ("POST", "", {"syncStatus": "LATER"}),
        ("POST", "/externalUser", {}),
    ],
)
def test_a_wrong_body_is_refused(
    pat: Administrator, acme: str, method: str, tail: str, body: dict[str, str]
) -> None:
    assert pat.call(method, acme + tail, body).status == 400


def test_only_partners_with_the_scope_see_enterprises(
    sandbox: Sandbox, pat: Administrator, nora: Administrator, acme: str
) -> None:
    assert Administrator(sandbox, ALICE).get(ENTERPRISES).status == 403
    assert nora.get(acme).status == 404
    reader = Administrator(
        sandbox, "pat@parkbench.example", "spark-admin:broadworks_enterprises_read"
    )
    assert reader.get(acme).status == 200
    assert reader.call("PUT", acme, {"enableDirSync": True}).status == 403
