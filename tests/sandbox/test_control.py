"""Does the control API reach every switch, and no other site the API?"""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.core.scenario import default_values
from tests.sandbox.conftest import ALICE, REDIRECT_URI, Client


def test_health_is_ok(client: Client) -> None:
    assert client.get("/sandbox/healthz").json == {"status": "ok"}


def test_the_scenario_is_read_and_changed(client: Client, sandbox: Sandbox) -> None:
    assert client.get("/sandbox/scenario").json["rotation"] == "none"
    changes = {"rotation": "strict", "omit": ["scope"], "rate_limit": 5, "latency": 0.01}
    answer = client.post_json("/sandbox/scenario", **changes)
    assert answer.status == 200
    assert {name: answer.json[name] for name in changes} == changes
    assert (sandbox.scenario.rotation, sandbox.scenario.omit) == ("strict", ("scope",))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": 1},
        {"rotation": "sometimes"},
        {"rotation": None},
        {"error_shape": 5},
        {"latency": -1},
        {"latency": True},
        {"access_ttl": float("inf")},
        {"access_ttl": float("nan")},
        {"add_kms": "yes"},
        {"omit": "scope"},
        {"granted_scopes": [1]},
        {"override": []},
        {"rate_limit": "many"},
    ],
)
def test_a_bad_switch_is_refused_and_changes_nothing(
    client: Client, sandbox: Sandbox, changes: dict[str, Any]
) -> None:
    answer = client.post_json("/sandbox/scenario", ignore_pkce=True, **changes)
    assert answer.status == 400
    assert sandbox.scenario.as_dict() == default_values()


def test_the_page_says_what_decides_without_a_switch_and_what_is_only_assumed(
    client: Client,
) -> None:
    page = client.get("/sandbox/").text

    assert page.count("<em>assumed</em>") >= 8
    assert "UGFya0JlbmNoOnRydXN0ZWQ" in page  # so that a provisioning ID can be copied


def test_a_misspelt_switch_is_refused_in_python_too(sandbox: Sandbox) -> None:
    with pytest.raises(AttributeError):
        sandbox.scenario.rotaton = "strict"  # type: ignore[attr-defined]


def test_faults_are_added_listed_and_cleared(client: Client) -> None:
    answer = client.post_json(
        "/sandbox/faults",
        path="/v1/people/me",
        status=429,
        body="slow",
        headers={"Retry-After": "7"},
        times=None,
    )
    assert answer.status == 201
    broken = client.get("/v1/people/me")
    assert (broken.status, broken.body, broken.headers["Retry-After"]) == (429, b"slow", "7")
    assert client.get("/sandbox/faults").json["items"] == [answer.json]
    assert client.delete("/sandbox/faults").status == 204
    assert client.get("/v1/people/me").status == 401


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"path": "/v1/*", "cut": "x"},
        {"path": "/v1/*", "odd": 1},
        {"path": 5},
        {"path": "/v1/*", "headers": "x"},
        {"path": "/v1/*", "body": 5},
        {"path": "/v1/*", "status": "500"},
        {"path": "/v1/*", "delay": "long"},
    ],
)
def test_a_bad_fault_is_refused(client: Client, values: dict[str, Any]) -> None:
    assert client.post_json("/sandbox/faults", **values).status == 400
    assert client.get("/v1/people/me").status == 401


def test_the_ledger_is_shown_without_secrets(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    token = sandbox.grant(ALICE, app.client_id)
    client.refresh(app, token["refresh_token"])
    client.get("/v1/people/me", token=token["access_token"])
    ledger = client.get("/sandbox/ledger")
    page = client.get("/sandbox/")
    assert [call["path"] for call in ledger.json["calls"]] == ["/v1/access_token", "/v1/people/me"]
    assert ledger.json["tokens"][0]["kind"] == "refresh"
    for secret in (token["refresh_token"], token["access_token"], app.client_secret):
        assert secret not in ledger.text
        assert secret not in page.text
    assert token["refresh_token"][:6] + "…" in page.text


def test_a_grant_is_revoked(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    answer = client.post_json("/sandbox/revoke", person=ALICE, client_id=app.client_id)
    assert answer.json == {"revoked": 1}
    assert client.refresh(app, refresh_token).status == 400
    unknown = client.post_json("/sandbox/revoke", person="x@y.example", client_id=app.client_id)
    assert unknown.status == 404


def test_the_clock_is_set(client: Client, app: Integration, sandbox: Sandbox) -> None:
    token = sandbox.grant(ALICE, app.client_id)["access_token"]
    assert client.post_json("/sandbox/clock", offset=1209600).status == 200
    assert client.get("/v1/people/me", token=token).status == 401
    client.post_json("/sandbox/clock", offset=0)
    assert client.get("/v1/people/me", token=token).status == 200
    for bad in ("soon", True, None, 1e12, float("nan"), float("inf")):
        assert client.post_json("/sandbox/clock", offset=bad).status == 400
    assert sandbox.state.clock_offset == 0


def test_an_integration_is_created_by_json(client: Client, sandbox: Sandbox) -> None:
    answer = client.post_json("/sandbox/integrations", name="By JSON", redirect_uris=[REDIRECT_URI])
    assert answer.status == 201
    app = sandbox.state.integrations[answer.json["client_id"]]
    assert answer.json["client_secret"] == app.client_secret
    assert answer.json["authorization_url"] == app.authorization_url
    assert len(app.scopes) == 9
    for bad in ({}, {"name": "x", "redirect_uris": []}, {"name": "x", "redirect_uris": "y"}):
        assert client.post_json("/sandbox/integrations", **bad).status == 400


def test_a_person_is_added_by_json() -> None:
    with_org = {"display_name": "Dora Dee", "org_name": "New Org", "roles": ["Full Administrator"]}
    with Sandbox() as fresh:
        visitor = Client(fresh)
        answer = visitor.post_json("/sandbox/people", email="dora@new.example", **with_org)
        assert answer.status == 201
        assert fresh.person("DORA@new.example").roles == ("Full Administrator",)
        assert visitor.post_json("/sandbox/people", email=ALICE).status == 409
        assert visitor.post_json("/sandbox/people").status == 400


def test_reset_by_json(client: Client, sandbox: Sandbox) -> None:
    sandbox.scenario.add_kms = True
    assert client.post_json("/sandbox/reset").status == 204
    assert sandbox.scenario.add_kms is False


@pytest.mark.parametrize(
    "path",
    ["scenario", "faults", "revoke", "clock", "integrations", "people", "reset"],
)
def test_changes_want_json_and_no_foreign_origin(
    client: Client, sandbox: Sandbox, path: str
) -> None:
    as_text = client.send(
        "POST", f"/sandbox/{path}", body="{}", headers={"Content-Type": "text/plain"}
    )
    assert as_text.status == 415
    headers = {"Content-Type": "application/json", "Origin": "https://evil.example"}
    foreign = client.send("POST", f"/sandbox/{path}", body="{}", headers=headers)
    assert foreign.status == 403
    not_json = {"Content-Type": "application/json"}
    for body in ("{", "[]", "[" * 100_000):
        assert client.send("POST", f"/sandbox/{path}", body=body, headers=not_json).status == 400


def test_a_foreign_site_cannot_clear_the_faults(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("/v1/*", status=500, times=None)
    assert client.delete("/sandbox/faults", Origin="https://evil.example").status == 403
    assert client.get("/v1/people/me").status == 500
