"""Do BroadWorks subscribers behave as Webex's do (contract 16)?"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from integrations.sandbox import Sandbox
from integrations.sandbox.core.broadworks import PARTNERS
from tests.sandbox.conftest import (
    ACME,
    ALICE,
    ANNA,
    BOB,
    ENTERPRISES,
    PAT,
    SUBSCRIBERS,
    Administrator,
    Answer,
)

PARK_BENCH = PARTNERS[0]


def walk(pat: Administrator, path: str) -> list[dict[str, Any]]:
    """All items, page by page along the Link headers."""
    items = []
    while path:
        answer = pat.get(path)
        items += answer.json["items"]
        link = answer.headers["Link"] or ""
        path = link.partition(">")[0].removeprefix(f"<{pat.sandbox.origin}")
    return items


def first_error(answer: Answer) -> dict[str, Any]:
    return dict(answer.json["errors"][0])


def test_every_subscriber_of_the_partner_is_on_exactly_one_page(pat: Administrator) -> None:
    everybody = walk(pat, f"{SUBSCRIBERS}?max=7")
    assert len({row["id"] for row in everybody}) == len(everybody) > 100
    assert {row["spEnterpriseId"].partition("+")[0] for row in everybody} == {"ParkBench"}


def test_a_page_has_fifty_and_never_more_than_a_hundred(pat: Administrator) -> None:
    assert len(pat.items(SUBSCRIBERS)) == 50
    assert len(pat.items(f"{SUBSCRIBERS}?max=1000")) == 100


@pytest.mark.parametrize(
    "query", ["max=0", "max=many", "offset=x", "status=gone", "after=never", "selfActivated=1"]
)
def test_a_query_that_makes_no_sense_is_refused_with_its_field(
    pat: Administrator, query: str
) -> None:
    answer = pat.get(f"{SUBSCRIBERS}?{query}")
    assert answer.status == 400
    assert first_error(answer)["fieldName"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "field", ["userId", "email", "personId", "spEnterpriseId", "provisioningId", "status"]
)
def test_each_filter_finds_those_with_exactly_this_value(pat: Administrator, field: str) -> None:
    wanted = pat.items(SUBSCRIBERS)[3]
    found = walk(pat, f"{SUBSCRIBERS}?{urlencode({field: wanted[field]})}")
    everybody = walk(pat, f"{SUBSCRIBERS}?max=100")
    assert found == [row for row in everybody if row.get(field) == wanted[field]]


def test_filters_combine_and_statuses_are_separated_by_commas(pat: Administrator) -> None:
    both = walk(pat, f"{SUBSCRIBERS}?status=error,updating&selfActivated=false")
    assert {row["status"] for row in both} == {"error", "updating"}
    assert {row["selfActivated"] for row in both} == {False}
    assert pat.items(f"{SUBSCRIBERS}?status=error&personId={quote('bm9ib2R5')}") == []


def test_a_removal_between_two_pages_skips_nobody(pat: Administrator) -> None:
    everybody = walk(pat, f"{SUBSCRIBERS}?max=100")
    first = pat.get(f"{SUBSCRIBERS}?max=10")
    pat.call("DELETE", f"{SUBSCRIBERS}/{everybody[2]['id']}")
    path = (first.headers["Link"] or "").partition(">")[0].removeprefix(f"<{pat.sandbox.origin}")
    assert pat.items(path)[0] == everybody[10]


def test_a_new_subscriber_is_provisioned_after_three_seconds(
    pat: Administrator, sandbox: Sandbox
) -> None:
    new = pat.provision()
    assert new["status"] == "provisioning"
    assert "personId" not in new
    sandbox.advance(2.5)
    assert pat.subscriber(new["id"])["status"] == "provisioning"
    sandbox.advance(1)
    done = pat.subscriber(new["id"])
    assert done["status"] == "provisioned"
    person = pat.get(f"/v1/people/{done['personId']}").json
    assert (person["displayName"], person["emails"]) == ("Anna Berg", [ANNA["email"]])


def test_the_first_subscriber_of_an_enterprise_makes_its_organization_in_twenty_seconds(
    pat: Administrator, sandbox: Sandbox
) -> None:
    new = pat.provision(spEnterpriseId="ParkBench+zebra")
    second = pat.provision(spEnterpriseId="ParkBench+zebra", userId="b@z", email="b@z.example")
    sandbox.advance(19)
    assert pat.items(f"{ENTERPRISES}?startsWith=parkbench%2Bz") == []
    assert pat.subscriber(new["id"])["status"] == "provisioning"
    sandbox.advance(1.5)
    assert {pat.subscriber(row["id"])["status"] for row in (new, second)} == {"provisioned"}
    enterprise = pat.items(f"{ENTERPRISES}?spEnterpriseId=ParkBench%2Bzebra")[0]
    assert pat.get(f"/v1/organizations/{enterprise['orgId']}").json["displayName"] == "zebra"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"userId": "dup-1@acme.example"}, "error", 10022),
        ({"userId": "fail-1@acme.example"}, "error", 10999),
        ({"userId": "migrate-1@acme.example"}, "pending_user_migration", None),
        (
            {"email": "", "provisioningId": PARK_BENCH.untrusted_provisioning_id},
            "pending_email_input",
            None,
        ),
    ],
)
def test_the_data_decide_how_a_provision_ends(
    pat: Administrator, sandbox: Sandbox, changes: dict[str, str], status: str, code: int | None
) -> None:
    new = pat.provision(**changes)
    sandbox.advance(4)
    row = pat.subscriber(new["id"])
    assert row["status"] == status
    assert [error["errorCode"] for error in row.get("errors", [])] == ([code] if code else [])
    assert "personId" not in row


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"firstName": ""}, 1001, "firstName"),
        ({"lastName": "x" * 256}, 1002, "lastName"),
        ({"email": ""}, 1001, "email"),
        ({"extension": ""}, 1001, "primaryPhoneNumber"),
        ({"package": "golden"}, None, "package"),
        ({"userId": 5}, None, "userId"),
        ({"provisioningId": "unknown"}, None, "provisioningId"),
        ({"spEnterpriseId": "wholesale+acme"}, None, "spEnterpriseId"),
        ({"spEnterpriseId": "NorthernVoice+northern-bakery"}, None, "spEnterpriseId"),
    ],
)
def test_what_cannot_be_provisioned_is_refused_at_once_and_not_counted(
    pat: Administrator, sandbox: Sandbox, changes: dict[str, Any], code: int | None, field: str
) -> None:
    values = {name: value for name, value in (ANNA | changes).items() if value}
    answer = pat.call("POST", SUBSCRIBERS, values)
    assert answer.status == 400
    assert (first_error(answer).get("errorCode"), first_error(answer)["fieldName"]) == (code, field)
    assert not sandbox.ledger.provisions


def test_a_second_provision_of_a_user_is_refused_and_counted(
    pat: Administrator, sandbox: Sandbox
) -> None:
    pat.provision()
    assert sandbox.ledger.provisions == {ANNA["userId"]: 1}
    again = pat.call("POST", SUBSCRIBERS, ANNA)
    assert (again.status, first_error(again)["errorCode"]) == (409, 10022)
    assert sandbox.ledger.provisions == {ANNA["userId"]: 2}
    assert len(pat.items(f"{SUBSCRIBERS}?userId={ANNA['userId']}")) == 1


def test_an_update_shows_the_old_values_until_it_is_done(
    pat: Administrator, sandbox: Sandbox
) -> None:
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]
    path = f"{SUBSCRIBERS}/{row['id']}"
    answer = pat.call("PUT", path, {"firstName": "Changed", "primaryPhoneNumber": ""}).json
    assert answer | {"lastStatusChange": ""} == row | {"status": "updating", "lastStatusChange": ""}
    sandbox.advance(2.5)
    done = pat.subscriber(row["id"])
    assert (done["status"], done["firstName"]) == ("provisioned", "Changed")
    assert "primaryPhoneNumber" not in done
    assert done["personId"] == row["personId"]


def test_two_updates_in_a_row_both_arrive(pat: Administrator, sandbox: Sandbox) -> None:
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]
    for change in ({"firstName": "Changed"}, {"lastName": "Twice"}):
        pat.call("PUT", f"{SUBSCRIBERS}/{row['id']}", change)
    sandbox.advance(3)
    done = pat.subscriber(row["id"])
    assert (done["firstName"], done["lastName"]) == ("Changed", "Twice")


def test_an_error_is_mended_by_an_update(pat: Administrator, sandbox: Sandbox) -> None:
    new = pat.provision(userId="dup-1@acme.example")
    sandbox.advance(4)
    answer = pat.call("PUT", f"{SUBSCRIBERS}/{new['id']}", {"userId": "good@acme.example"})
    assert "errors" not in answer.json
    sandbox.advance(3)
    mended = pat.subscriber(new["id"])
    assert (mended["status"], mended["userId"]) == ("provisioned", "good@acme.example")


def test_neither_the_last_number_nor_somebody_elses_user_id_can_be_taken(
    pat: Administrator,
) -> None:
    row, other = pat.items(f"{SUBSCRIBERS}?status=provisioned")[:2]
    path = f"{SUBSCRIBERS}/{row['id']}"
    nothing_left = pat.call("PUT", path, {"primaryPhoneNumber": "", "extension": ""})
    assert (nothing_left.status, pat.call("PUT", path, {"userId": other["userId"]}).status) == (
        400,
        409,
    )
    assert pat.subscriber(row["id"]) == row


def test_removing_ends_the_mapping_and_leaves_the_person(pat: Administrator) -> None:
    row = pat.items(f"{SUBSCRIBERS}?status=provisioned")[0]
    path = f"{SUBSCRIBERS}/{row['id']}"
    assert pat.call("DELETE", path).status == 204
    assert (pat.get(path).status, pat.call("DELETE", path).status) == (404, 404)
    assert pat.get(f"/v1/people/{row['personId']}").status == 200


def test_checking_first_provisions_nobody(pat: Administrator, sandbox: Sandbox) -> None:
    passed = pat.call("POST", f"{SUBSCRIBERS}/validate", {"email": "new@acme.example"})
    assert (passed.json["message"], passed.json["info"]["infoCode"]) == ("success", 100)
    taken = pat.items(SUBSCRIBERS)[0]["userId"]
    body = {"email": "new@acme.example", "userId": taken}
    refused = pat.call("POST", f"{SUBSCRIBERS}/validate", body)
    assert first_error(refused)["errorCode"] == 10022
    assert pat.call("POST", f"{SUBSCRIBERS}/validate", {}).status == 400
    no_address = {"email": "new@acme.example", "customerInfo": {}}
    assert pat.call("POST", f"{SUBSCRIBERS}/validate", no_address).status == 400
    assert not sandbox.ledger.provisions


def test_consent_is_asked_again_only_of_those_who_have_to_give_it(pat: Administrator) -> None:
    for status, expected in (("pending_user_migration", 204), ("provisioned", 409)):
        row = pat.items(f"{SUBSCRIBERS}?status={status}")[0]
        assert (
            pat.call("POST", f"/v1/subscribers/{row['id']}/emails/consentMove").status == expected
        )


def test_one_poll_finds_whatever_changed_since(pat: Administrator, sandbox: Sandbox) -> None:
    new = pat.provision()
    since = round(sandbox.state.now() * 1000)
    poll = f"{SUBSCRIBERS}?lastStatusChange={since}&status=provisioned,error"
    assert pat.items(poll) == []
    sandbox.advance(4)
    assert [row["id"] for row in pat.items(poll)] == [new["id"]]
    iso = quote(new["created"])
    assert pat.items(f"{SUBSCRIBERS}?after={iso}&spEnterpriseId={quote(ACME)}") == []


def test_other_partners_and_those_who_are_none_see_nothing(
    pat: Administrator, sandbox: Sandbox, nora: Administrator
) -> None:
    row = pat.items(SUBSCRIBERS)[0]
    assert nora.get(f"{SUBSCRIBERS}/{row['id']}").status == 404
    assert {each["spEnterpriseId"].partition("+")[0] for each in nora.items(SUBSCRIBERS)} == {
        "NorthernVoice"
    }
    for email in (ALICE, BOB):
        assert Administrator(sandbox, email).get(SUBSCRIBERS).status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", SUBSCRIBERS),
        ("GET", f"{SUBSCRIBERS}/x"),
        ("POST", SUBSCRIBERS),
        ("PUT", f"{SUBSCRIBERS}/x"),
        ("DELETE", f"{SUBSCRIBERS}/x"),
        ("POST", f"{SUBSCRIBERS}/validate"),
        ("POST", "/v1/subscribers/x/emails/consentMove"),
    ],
)
def test_reading_and_writing_need_a_scope_each(sandbox: Sandbox, method: str, path: str) -> None:
    others = "write" if method == "GET" else "read"
    caller = Administrator(sandbox, PAT, f"spark-admin:broadworks_subscribers_{others}")
    assert caller.call(method, path, {} if method in ("POST", "PUT") else None).status == 403
    assert caller.client.send(method, path).status == 401
