"""Do /v1/device/authorize, /v1/device/token and /verify do as Webex does (contract 5)?"""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from integrations.sandbox import Integration, PageError, Sandbox
from integrations.sandbox.webex.device import GRANT_TYPE, HELPERS, decide
from tests.sandbox.conftest import ALICE, BOB, REDIRECT_URI, Answer, Client

SCOPES = "spark:people_read spark:organizations_read"


@pytest.fixture
def app(sandbox: Sandbox) -> Integration:
    return sandbox.register(name="Acme Portal", redirect_uris=[REDIRECT_URI, *HELPERS])


def start(client: Client, app: Integration, **changes: str) -> Answer:
    form = {"client_id": app.client_id, "scope": SCOPES} | changes
    return client.post("/v1/device/authorize", **form)


def poll(client: Client, app: Integration, device_code: str, **changes: Any) -> Answer:
    form = {"grant_type": GRANT_TYPE, "device_code": device_code, "client_id": app.client_id}
    pair = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    headers = changes.pop("headers", {"Authorization": f"Basic {pair}"})
    return client.post("/v1/device/token", headers=headers, **(form | changes))


def description(answer: Answer) -> str:
    return str(answer.json["errors"][0]["description"])


@pytest.fixture
def begun(client: Client, app: Integration) -> dict[str, Any]:
    return dict(start(client, app).json)


def test_the_start_answers_as_webex_does(client: Client, app: Integration) -> None:
    answer = start(client, app)
    assert answer.status == 200
    assert (answer.json["expires_in"], answer.json["interval"]) == (300, 2)
    assert re.fullmatch(r"\d{6}", answer.json["user_code"])
    verification_uri = f"{client.sandbox.origin}/verify"
    assert answer.json["verification_uri"] == verification_uri
    complete = answer.json["verification_uri_complete"]
    assert re.fullmatch(re.escape(verification_uri) + r"\?userCode=[0-9a-f]{64}", complete)


def test_an_unknown_client_gets_the_documented_envelope(client: Client, app: Integration) -> None:
    answer = start(client, app, client_id="Cnobody")
    assert answer.status == 400
    assert description(answer) == "Client Id is invalid"


@pytest.mark.parametrize("scope", ["", "spark:nonsense", "openid"])
def test_scopes_are_those_of_the_integration(client: Client, app: Integration, scope: str) -> None:
    answer = start(client, app, scope=scope)
    assert (answer.status, description(answer)) == (400, "invalid_scope")


def test_until_a_decision_it_is_pending(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    for _ in range(3):
        answer = poll(client, app, begun["device_code"])
        assert (answer.status, description(answer)) == (428, "authorization_pending")
        sandbox.advance(2)


def test_accepting_gives_tokens_of_eighteen_hours_once(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    decide(sandbox.state, begun["user_code"], ALICE)
    first = poll(client, app, begun["device_code"])
    sandbox.advance(2)
    second = poll(client, app, begun["device_code"])
    assert first.status == 200
    assert first.json["expires_in"] == 64799
    assert set(first.json["scope"].split()) == set(SCOPES.split())
    assert client.get("/v1/people/me", token=first.json["access_token"]).json["emails"] == [ALICE]
    assert (second.status, description(second)) == (400, "invalid_grant")


def test_renewed_tokens_of_a_device_live_as_long(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    decide(sandbox.state, begun["user_code"], ALICE)
    tokens = poll(client, app, begun["device_code"]).json
    assert client.refresh(app, tokens["refresh_token"]).json["expires_in"] == 64799


def test_asking_too_fast_is_told_and_costs_five_seconds_for_good(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    seen = []
    for pause in (0, 1, 6, 12, 12):
        sandbox.advance(pause)
        seen.append(description(poll(client, app, begun["device_code"])))
    pending, slow = "authorization_pending", "slow_down"
    assert seen == [pending, slow, slow, pending, pending]


def test_a_decline_and_an_expiry_are_told(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    other = start(client, app).json
    decide(sandbox.state, begun["user_code"], BOB, accept=False)
    denied = poll(client, app, begun["device_code"])
    assert (denied.status, description(denied)) == (400, "access_denied")
    sandbox.advance(300)
    expired = poll(client, app, other["device_code"])
    assert (expired.status, description(expired)) == (400, "invalid_grant")


def test_errors_come_in_the_oauth_shape_too(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.scenario.error_shape = "oauth"
    answer = poll(client, app, begun["device_code"])
    assert (answer.status, answer.json["error"]) == (428, "authorization_pending")


def test_polling_wants_basic_authentication_the_right_client_and_grant_type(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    code = begun["device_code"]
    other = sandbox.register(name="Other")
    assert poll(client, app, code, headers={}).status == 401
    assert description(poll(client, other, code)) == "invalid_grant"
    refused = poll(client, app, code, grant_type="device_code")
    assert description(refused) == "unsupported_grant_type"


def test_the_scenario_replaces_and_drops_fields_of_the_start(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    sandbox.scenario.device_override = {"verification_uri": "https://evil/", "interval": None}
    answer = start(client, app).json
    assert answer["verification_uri"] == "https://evil/"
    assert "interval" not in answer


def test_the_rate_limit_counts_polls(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.scenario.rate_limit = 1
    answers = [poll(client, app, begun["device_code"]) for _ in range(2)]
    assert [answer.status for answer in answers] == [428, 429]


@pytest.mark.parametrize("missing", sorted(HELPERS))
def test_without_all_four_helper_uris_nobody_can_accept(
    client: Client, sandbox: Sandbox, missing: str
) -> None:
    app = sandbox.register(name="Lacking", redirect_uris=[*HELPERS - {missing}])
    user_code = start(client, app).json["user_code"]
    page = client.post("/verify", user_code=user_code, email=ALICE)
    assert page.status == 400
    assert "We&#x27;ve encountered an error. Try again later." in page.text
    with pytest.raises(PageError):
        decide(sandbox.state, user_code, ALICE)


def test_the_second_device_walks_through_code_person_and_decision(
    client: Client, app: Integration, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    code = begun["user_code"]
    assert "Enter the code" in client.get("/verify").text
    assert "Alice Adams" in client.post("/verify", user_code=f"{code[:3]} {code[3:]}").text
    page = client.post("/verify", user_code=code, email=ALICE)
    assert "Acme Portal" in page.text
    assert "spark:people_read" in page.text
    done = client.post("/verify", user_code=code, email=ALICE, decision="accept")
    assert "You&#x27;re connected" in done.text or "You're connected" in done.text
    assert poll(client, app, begun["device_code"]).status == 200
    assert client.post("/verify", user_code=code, email=ALICE).status == 400


def test_the_link_in_the_qr_code_skips_typing(client: Client, begun: dict[str, Any]) -> None:
    path = begun["verification_uri_complete"].removeprefix(client.sandbox.origin)
    assert begun["user_code"] in client.get(path).text
    assert client.get(path[:-1] + "x").status == 400


def test_a_blocking_organization_and_a_foreign_form_are_refused(
    client: Client, begun: dict[str, Any], sandbox: Sandbox
) -> None:
    form = {"user_code": begun["user_code"], "email": ALICE}
    assert client.post("/verify", headers={"Origin": "http://evil"}, **form).status == 403
    sandbox.scenario.org_blocks = True
    assert "Access denied" in client.post("/verify", **form).text
