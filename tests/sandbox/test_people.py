"""Do people behave as Webex's do (contract 8.2, 17.3)?"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from integrations.sandbox import Sandbox
from tests.sandbox.conftest import ALICE, BOB, PAT, SUBSCRIBERS, Administrator

PEOPLE = "/v1/people"


@pytest.fixture
def somebody(pat: Administrator) -> dict[str, Any]:
    """A subscriber's person, with everything an administrator sees."""
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]
    return dict(pat.get(f"{PEOPLE}/{row['personId']}").json)


def test_people_are_found_by_address_in_any_case_and_by_the_beginning_of_their_name(
    pat: Administrator, somebody: dict[str, Any]
) -> None:
    found = pat.items(f"{PEOPLE}?email={quote(somebody['emails'][0].upper())}")
    assert [person["id"] for person in found] == [somebody["id"]]
    by_name = pat.items(f"{PEOPLE}?displayName={quote(somebody['displayName'][:5].lower())}")
    assert somebody["id"] in {person["id"] for person in by_name}
    assert [person["emails"] for person in pat.items(f"{PEOPLE}?email={ALICE}")] == [[ALICE]]


def test_a_list_of_one_organization_has_nobody_elses(
    pat: Administrator, somebody: dict[str, Any]
) -> None:
    people = pat.items(f"{PEOPLE}?orgId={somebody['orgId']}")
    assert {person["orgId"] for person in people} == {somebody["orgId"]}


def test_pages_of_people_follow_each_other_without_a_gap(pat: Administrator) -> None:
    everybody = pat.items(f"{PEOPLE}?max=20")
    first = pat.get(f"{PEOPLE}?max=3")
    path = (first.headers["Link"] or "").partition(">")[0].removeprefix(f"<{pat.sandbox.origin}")
    second = pat.get(path)
    assert first.json["items"] + second.json["items"] == everybody[:6]


def test_unknown_ids_are_named(pat: Administrator, somebody: dict[str, Any]) -> None:
    answer = pat.get(f"{PEOPLE}?id={somebody['id']},bm9ib2R5").json
    assert [person["id"] for person in answer["items"]] == [somebody["id"]]
    assert answer["notFoundIds"] == ["bm9ib2R5"]
    assert pat.get(f"{PEOPLE}?id={','.join(['x'] * 86)}").status == 400


def test_numbers_come_only_with_calling_data(pat: Administrator, somebody: dict[str, Any]) -> None:
    path = f"{PEOPLE}/{somebody['id']}"
    with_data = pat.get(f"{path}?callingData=true").json
    assert "extension" not in somebody
    assert with_data["extension"]
    assert {number["primary"] for number in with_data["phoneNumbers"]} == {True, False}


def test_what_administrators_see_is_complete_for_one_person_only(
    pat: Administrator, somebody: dict[str, Any], sandbox: Sandbox
) -> None:
    listed = pat.items(f"{PEOPLE}?email={somebody['emails'][0]}&excludeStatus=true")[0]
    assert {"roles", "licenses", "loginEnabled"} <= set(somebody)
    assert {"roles", "licenses", "loginEnabled", "status"}.isdisjoint(listed)
    bob = Administrator(sandbox, BOB)
    assert "roles" not in bob.items(f"{PEOPLE}?email={BOB}")[0]


def test_a_put_replaces_everything(pat: Administrator, somebody: dict[str, Any]) -> None:
    path = f"{PEOPLE}/{somebody['id']}"
    body = somebody | {"displayName": "Anna Berg", "loginEnabled": False, "title": "Chief"}
    del body["department"]
    assert pat.call("PUT", path, body).status == 200
    changed = pat.get(path).json
    assert (changed["displayName"], changed["title"]) == ("Anna Berg", "Chief")
    assert (changed["loginEnabled"], "department" in changed) == ("false", False)
    assert pat.items(f"{PEOPLE}?displayName=Anna%20B")


def test_an_address_belongs_to_one_person(pat: Administrator, somebody: dict[str, Any]) -> None:
    body = {"displayName": "Anna", "emails": [ALICE]}
    assert pat.call("PUT", f"{PEOPLE}/{somebody['id']}", body).status == 409
    assert pat.call("POST", PEOPLE, body).status == 409
    assert pat.call("POST", PEOPLE, {"displayName": "Anna"}).status == 400


def test_a_new_person_is_found_and_deleted(pat: Administrator) -> None:
    new = pat.call("POST", PEOPLE, {"emails": ["anna@new.example"], "firstName": "Anna"}).json
    assert pat.items(f"{PEOPLE}?email=anna@new.example")[0]["id"] == new["id"]
    assert pat.call("DELETE", f"{PEOPLE}/{new['id']}").status == 204
    assert pat.call("DELETE", f"{PEOPLE}/{new['id']}").status == 404


def test_who_can_sign_in_is_renamed_and_deleted_with_their_consents(sandbox: Sandbox) -> None:
    sandbox.add_person(email="eve@acme.example", org_name="Acme Corporation")
    eve, alice = Administrator(sandbox, "eve@acme.example"), Administrator(sandbox, ALICE)
    me = eve.get(f"{PEOPLE}/me").json
    body = {"displayName": "Eve Evans", "emails": ["eve.evans@acme.example"]}
    assert alice.call("PUT", f"{PEOPLE}/{me['id']}", body).status == 200
    assert eve.get(f"{PEOPLE}/me").json["emails"] == ["eve.evans@acme.example"]
    assert alice.call("DELETE", f"{PEOPLE}/{me['id']}").status == 204
    assert eve.client.get(f"{PEOPLE}/me", token=eve.token).status == 401
    assert sandbox.state.person_by_email("eve.evans@acme.example") is None


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (("Full Administrator",), 204),
        (("User Administrator",), 204),
        (("Device Administrator",), 403),
        (("Provisioning Administrator",), 403),
        (("Full Read-only Administrator",), 403),
        ((), 403),
    ],
)
def test_not_every_administrator_may_delete(
    sandbox: Sandbox, pat: Administrator, roles: tuple[str, ...], status: int
) -> None:
    email = f"{'-'.join(roles).lower().replace(' ', '-') or 'nobody'}-{status}@acme.example"
    if sandbox.state.person_by_email(email) is None:
        sandbox.add_person(email=email, org_name="Acme Corporation", roles=roles)
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]  # of Acme Corporation
    caller = Administrator(sandbox, email)
    assert caller.call("DELETE", f"{PEOPLE}/{row['personId']}").status == status


def test_who_is_no_administrator_asks_for_somebody_and_stays_in_their_organization(
    sandbox: Sandbox,
) -> None:
    bob = Administrator(sandbox, BOB)
    assert bob.get(PEOPLE).status == 400
    assert bob.items(f"{PEOPLE}?email={ALICE}") == []
    assert bob.call("POST", PEOPLE, {"emails": ["a@b.example"]}).status == 403


def test_writing_needs_both_scopes(sandbox: Sandbox) -> None:
    writer = Administrator(sandbox, PAT, "spark-admin:people_write")
    assert writer.call("POST", PEOPLE, {"emails": ["a@b.example"]}).status == 403


def test_spark_all_stands_for_the_scopes_of_users_only(sandbox: Sandbox) -> None:
    pat = Administrator(sandbox, PAT, "spark:all")
    assert pat.get(f"{PEOPLE}/me").status == 200
    assert pat.get("/v1/rooms").json["items"]
    assert pat.get(SUBSCRIBERS).status == 403
    assert pat.client.get("/v1/rooms").status == 401
