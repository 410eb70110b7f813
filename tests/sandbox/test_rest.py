"""Does the REST API do as Webex does (contract 6, 8.1, 8.2)?"""

from __future__ import annotations

import base64

import pytest

from integrations.sandbox import Integration, Sandbox
from tests.sandbox.conftest import ALICE, BOB, REDIRECT_URI, Client

CAROL, PAT = "carol@acme.example", "pat@parkbench.example"
TOKEN_SCOPES = ("identity:tokens_read", "identity:tokens_write", "spark:people_read")


def token_of(sandbox: Sandbox, app: Integration, email: str, *scopes: str) -> str:
    return str(sandbox.grant(email, app.client_id, scopes or None)["access_token"])


def decoded(resource_id: str) -> str:
    return base64.b64decode(resource_id + "=" * (-len(resource_id) % 4)).decode()


def test_people_me_describes_an_admin(client: Client, app: Integration, sandbox: Sandbox) -> None:
    answer = client.get("/v1/people/me", token=token_of(sandbox, app, ALICE))
    person = answer.json
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert decoded(person["id"]) == f"ciscospark://us/PEOPLE/{sandbox.person(ALICE).id}"
    assert "=" not in person["id"]
    assert person["emails"] == [ALICE]
    assert (person["firstName"], person["lastName"]) == ("Alice", "Adams")
    assert decoded(person["orgId"]).startswith("ciscospark://us/ORGANIZATION/")
    assert decoded(person["roles"][0]) == "ciscospark://us/ROLE/Full Administrator"
    assert person["loginEnabled"] == "true"
    assert "extension" not in person


def test_people_me_of_an_ordinary_user_has_no_admin_fields(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    person = client.get("/v1/people/me", token=token_of(sandbox, app, BOB)).json
    assert person["displayName"] == "Bob Brown"
    assert {"roles", "licenses", "loginEnabled"}.isdisjoint(person)


def test_calling_data_is_added_on_request(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    path = "/v1/people/me?callingData=true"
    person = client.get(path, token=token_of(sandbox, app, BOB)).json
    assert person["extension"] == "142"
    assert decoded(person["locationId"]).startswith("ciscospark://us/LOCATION/")
    assert {number["type"] for number in person["phoneNumbers"]} == {"work", "mobile"}


def test_expired_unknown_and_missing_tokens_get_the_same_401(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    answer = sandbox.grant(ALICE, app.client_id)
    expired = answer["access_token"]
    sandbox.advance(1209600)
    for token in (expired, "garbage", None, answer["refresh_token"]):
        refused = client.get("/v1/people/me", token=token)
        assert refused.status == 401
        assert refused.json["message"].startswith("The request requires a valid access token")
        assert refused.json["errors"][0]["description"] == refused.json["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/people/me"),
        ("GET", "/v1/organizations"),
        ("GET", "/v1/organizations/x"),
        ("GET", "/v1/authorizations?personEmail=alice@acme.example"),
        ("DELETE", "/v1/authorizations/x"),
        ("DELETE", "/v1/authorizations?clientId=x"),
    ],
)
def test_a_missing_scope_is_forbidden(
    client: Client, app: Integration, sandbox: Sandbox, method: str, path: str
) -> None:
    token = token_of(sandbox, app, ALICE, "spark:rooms_read")
    answer = client.send(method, path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 403
    assert set(answer.json) == {"message", "trackingId"}


@pytest.mark.parametrize("scope", ["spark-admin:organizations_read", "spark:organizations_read"])
def test_an_admin_sees_their_organization(
    client: Client, app: Integration, sandbox: Sandbox, scope: str
) -> None:
    token = token_of(sandbox, app, ALICE, scope)
    items = client.get("/v1/organizations", token=token).json["items"]
    assert [item["displayName"] for item in items] == ["Acme Corporation"]
    one = client.get(f"/v1/organizations/{items[0]['id']}", token=token)
    assert one.json == items[0]
    assert set(one.json) == {"id", "displayName", "created"}


def test_ordinary_users_may_not_see_organizations(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = token_of(sandbox, app, BOB)
    org_id = client.get("/v1/people/me", token=token).json["orgId"]
    assert client.get("/v1/organizations", token=token).status == 403
    assert client.get(f"/v1/organizations/{org_id}", token=token).status == 403


def test_a_partner_sees_several_organizations_an_admin_no_foreign_one(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    partner = client.get("/v1/organizations", token=token_of(sandbox, app, PAT)).json["items"]
    names = {item["displayName"]: item["id"] for item in partner}
    assert {"Acme Corporation", "Globex GmbH", "Park Bench"} <= set(names)
    foreign = f"/v1/organizations/{names['Globex GmbH']}"
    answer = client.get(foreign, token=token_of(sandbox, app, ALICE))
    assert answer.status == 404
    assert answer.json["message"] == "The requested resource could not be found."


def test_authorizations_list_refresh_and_access_tokens(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    sandbox.grant(CAROL, app.client_id)
    by_email = client.get(f"/v1/authorizations?personEmail={CAROL}", token=token).json["items"]
    assert sorted(item["type"] for item in by_email) == ["access", "refresh"]
    assert {item["clientId"] for item in by_email} == {app.client_id}
    assert {item["applicationName"] for item in by_email} == {"Acme Portal"}
    person_id = by_email[0]["personId"]
    by_id = client.get(f"/v1/authorizations?personId={person_id}", token=token).json["items"]
    assert by_id == by_email


def test_authorizations_want_exactly_one_person(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    assert client.get("/v1/authorizations", token=token).status == 400
    both = "/v1/authorizations?personId=x&personEmail=y"
    assert client.get(both, token=token).status == 400
    foreign = f"/v1/authorizations?personEmail={BOB}"
    assert client.get(foreign, token=token).status == 404
    assert client.get(foreign, token=token_of(sandbox, app, PAT, *TOKEN_SCOPES)).status == 200


def test_ordinary_users_may_not_see_authorizations(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = token_of(sandbox, app, BOB, *TOKEN_SCOPES)
    assert client.get(f"/v1/authorizations?personEmail={BOB}", token=token).status == 403


def test_deleting_a_refresh_token_takes_its_access_tokens_along(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    admin = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    carol = sandbox.grant(CAROL, app.client_id)
    items = client.get(f"/v1/authorizations?personEmail={CAROL}", token=admin).json["items"]
    ids = {item["type"]: item["id"] for item in items}
    assert client.delete(f"/v1/authorizations/{ids['refresh']}", token=admin).status == 204
    assert client.get("/v1/people/me", token=carol["access_token"]).status == 401
    assert client.refresh(app, carol["refresh_token"]).status == 400
    assert client.delete(f"/v1/authorizations/{ids['refresh']}", token=admin).status == 404


def test_deleting_an_access_token_leaves_the_refresh_token(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    admin = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    carol = sandbox.grant(CAROL, app.client_id)
    items = client.get(f"/v1/authorizations?personEmail={CAROL}", token=admin).json["items"]
    ids = {item["type"]: item["id"] for item in items}
    assert client.delete(f"/v1/authorizations/{ids['access']}", token=admin).status == 204
    assert client.get("/v1/people/me", token=carol["access_token"]).status == 401
    assert client.refresh(app, carol["refresh_token"]).status == 200


def test_ones_own_token_is_deleted_through_its_own_client(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    other = sandbox.register(name="Other", redirect_uris=[REDIRECT_URI])
    admin = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    sandbox.grant(ALICE, other.client_id)
    items = client.get(f"/v1/authorizations?personEmail={ALICE}", token=admin).json["items"]
    ids = {item["clientId"]: item["id"] for item in items if item["type"] == "refresh"}
    assert client.delete(f"/v1/authorizations/{ids[other.client_id]}", token=admin).status == 403
    assert client.delete(f"/v1/authorizations/{ids[app.client_id]}", token=admin).status == 204
    assert client.get("/v1/people/me", token=admin).status == 401


def test_deleting_by_client_hits_the_whole_organization_and_no_other(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    admin = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    carol, bob = (sandbox.grant(email, app.client_id) for email in (CAROL, BOB))
    path = f"/v1/authorizations?clientId={app.client_id}"
    assert client.delete("/v1/authorizations", token=admin).status == 400
    assert client.delete(path, token=admin).status == 204
    assert client.refresh(app, carol["refresh_token"]).status == 400
    assert client.refresh(app, bob["refresh_token"]).status == 200
    assert client.get("/v1/people/me", token=admin).status == 401


def test_a_partner_deletes_in_another_organization_an_admin_does_not(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    bob = sandbox.grant(BOB, app.client_id)
    org_id = client.get("/v1/people/me", token=bob["access_token"]).json["orgId"]
    path = f"/v1/authorizations?clientId={app.client_id}&orgId={org_id}"
    admin = token_of(sandbox, app, ALICE, *TOKEN_SCOPES)
    assert client.delete(path, token=admin).status == 404
    partner = token_of(sandbox, app, PAT, *TOKEN_SCOPES)
    assert client.delete(path, token=partner).status == 204
    assert client.refresh(app, bob["refresh_token"]).status == 400


def test_token_expiry_is_in_milliseconds(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = token_of(sandbox, app, BOB, "spark:rooms_read")
    answer = client.get("/v1/authorizations/tokenExpiry", token=token)
    expected = (sandbox.state.now() + 1209599) * 1000
    assert answer.json["exp"] == pytest.approx(expected, abs=5000)
    assert client.get("/v1/authorizations/tokenExpiry").status == 401


def test_every_api_answer_has_a_tracking_id(client: Client) -> None:
    seen = {client.get(path).headers["trackingId"] for path in ("/v1/people/me", "/v1/nothing")}
    assert len(seen) == 2
    assert all(value.startswith("ROUTERGW_") for value in seen)


def test_an_unknown_path_is_not_found_as_json_in_the_api(client: Client) -> None:
    assert client.get("/v1/nothing").json["message"].startswith("The requested resource")
    page = client.get("/nothing")
    assert page.status == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert client.post("/v1/people/me").status == 405
