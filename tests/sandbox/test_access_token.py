"""Does POST /v1/access_token do as Webex does (contract 2.3, 3, 4)?"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from integrations.sandbox import Integration, Sandbox
from tests.sandbox.conftest import ALICE, BOB, REDIRECT_URI, Client, authorize_url, parameters

VERIFIER = "v" * 43
TOKEN = re.compile(r"[A-Za-z0-9+/]{64}_PF84_[0-9a-f-]{36}")


def challenged(sandbox: Sandbox, app: Integration, method: str = "S256") -> str:
    """A code bound to VERIFIER."""
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    s256 = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    challenge = s256 if method == "S256" else VERIFIER
    url = authorize_url(app, code_challenge=challenge, code_challenge_method=method)
    return parameters(sandbox.accept(url, ALICE))["code"]


def basic(app: Integration, secret: str | None = None) -> dict[str, str]:
    pair = f"{app.client_id}:{app.client_secret if secret is None else secret}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def test_the_answer_has_the_shape_of_webex(client: Client, app: Integration, code: str) -> None:
    answer = client.exchange(app, code)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["trackingId"].startswith("ROUTERGW_")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["expires_in"] == 1209599
    assert answer.json["refresh_token_expires_in"] == 7775999
    assert answer.json["token_type"] == "Bearer"
    assert TOKEN.fullmatch(answer.json["access_token"])
    assert TOKEN.fullmatch(answer.json["refresh_token"])


def test_the_scopes_come_in_another_order(client: Client, app: Integration, code: str) -> None:
    requested = parameters(app.authorization_url)["scope"]
    granted = client.exchange(app, code).json["scope"]
    assert granted != requested
    assert set(granted.split()) == set(requested.split())


def test_shuffling_can_be_switched_off(
    client: Client, app: Integration, code: str, sandbox: Sandbox
) -> None:
    sandbox.scenario.shuffle_scope = False
    granted = client.exchange(app, code).json["scope"]
    assert granted == parameters(app.authorization_url)["scope"]


def test_a_code_is_refused_the_second_time(client: Client, app: Integration, code: str) -> None:
    first = client.exchange(app, code)
    second = client.exchange(app, code)
    assert (first.status, second.status) == (200, 400)
    assert client.refresh(app, first.json["refresh_token"]).status == 200


def test_a_code_expires(client: Client, app: Integration, sandbox: Sandbox) -> None:
    codes = [parameters(sandbox.accept(app.authorization_url, ALICE))["code"] for _ in range(2)]
    sandbox.advance(299)
    assert client.exchange(app, codes[0]).status == 200
    sandbox.advance(2)
    assert client.exchange(app, codes[1]).status == 400


def test_a_code_is_bound_to_its_client(
    client: Client, app: Integration, code: str, sandbox: Sandbox
) -> None:
    other = sandbox.register(redirect_uris=[REDIRECT_URI])
    assert client.exchange(other, code).status == 400
    assert client.exchange(app, code).status == 200


@pytest.mark.parametrize("redirect_uri", [None, REDIRECT_URI.rstrip("/"), "https://evil.example"])
def test_a_code_is_bound_to_its_redirect_uri(
    client: Client, app: Integration, code: str, redirect_uri: str | None
) -> None:
    assert client.exchange(app, code, redirect_uri=redirect_uri).status == 400
    assert client.exchange(app, code).status == 200


@pytest.mark.parametrize("method", ["S256", "plain"])
def test_a_code_is_bound_to_its_challenge(
    client: Client, app: Integration, sandbox: Sandbox, method: str
) -> None:
    code = challenged(sandbox, app, method)
    for wrong in (None, "w" * 43, "short", VERIFIER + "v"):
        assert client.exchange(app, code, code_verifier=wrong).status == 400
    assert client.exchange(app, code, code_verifier=VERIFIER).status == 200


def test_a_verifier_without_a_challenge_is_refused(
    client: Client, app: Integration, code: str
) -> None:
    assert client.exchange(app, code, code_verifier=VERIFIER).status == 400


def test_pkce_can_be_ignored(client: Client, app: Integration, sandbox: Sandbox) -> None:
    sandbox.scenario.ignore_pkce = True
    assert client.exchange(app, challenged(sandbox, app)).status == 200


def test_a_client_authenticates_with_basic_too(client: Client, app: Integration, code: str) -> None:
    nothing: dict[str, Any] = {"client_id": None, "client_secret": None}
    wrong = client.exchange(app, code, headers=basic(app, "wrong"), **nothing)
    right = client.exchange(app, code, headers=basic(app), **nothing)
    assert (wrong.status, right.status) == (401, 200)


def test_two_ways_to_authenticate_at_once_are_refused(
    client: Client, app: Integration, code: str
) -> None:
    assert client.exchange(app, code, headers=basic(app)).status == 400
    answer = client.exchange(app, code, headers=basic(app), client_id="C0", client_secret=None)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("changes", "status", "description"),
    [
        ({"client_secret": None}, 400, "client_secret cannot be null or empty"),
        ({"client_secret": ""}, 400, "client_secret cannot be null or empty"),
        ({"client_secret": "wrong"}, 401, "The provided clientSecret is invalid"),
        ({"client_id": "C0"}, 400, "Client Id is invalid"),
        ({"client_id": None}, 400, "Client Id is invalid"),
        ({"grant_type": "password"}, 400, "The grant type is not supported."),
        ({"grant_type": None}, 400, "The grant type is not supported."),
        ({"code": "garbage"}, 400, "The authorization code is invalid"),
        ({"code": ["a", "b"]}, 400, "A parameter is repeated."),
    ],
)
def test_a_refusal_comes_in_the_gateway_envelope(
    client: Client,
    app: Integration,
    code: str,
    changes: dict[str, Any],
    status: int,
    description: str,
) -> None:
    answer = client.exchange(app, code, **changes)
    assert answer.status == status
    assert set(answer.json) == {"message", "errors", "trackingId"}
    assert answer.json["errors"] == [{"description": description}]
    assert answer.json["trackingId"] == answer.headers["trackingId"]


def test_a_refusal_can_come_in_the_oauth_shape(
    client: Client, app: Integration, code: str, sandbox: Sandbox
) -> None:
    sandbox.scenario.error_shape = "oauth"
    bad_code = client.exchange(app, "garbage")
    bad_secret = client.exchange(app, code, client_secret="wrong")
    bad_refresh = client.refresh(app, "garbage")
    assert (bad_code.status, bad_code.json["error"]) == (400, "invalid_grant")
    assert (bad_secret.status, bad_secret.json["error"]) == (401, "invalid_client")
    assert (bad_refresh.status, bad_refresh.json["error"]) == (400, "invalid_grant")


def test_only_forms_by_post_are_accepted(client: Client, app: Integration) -> None:
    assert client.get("/v1/access_token").status == 405
    assert client.post_json("/v1/access_token", grant_type="refresh_token").status == 415


def test_a_second_consent_gives_new_tokens_and_keeps_the_first(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    answers = []
    for _ in range(2):
        code = parameters(sandbox.accept(app.authorization_url, ALICE))["code"]
        answers.append(client.exchange(app, code).json["refresh_token"])
    assert answers[0] != answers[1]
    assert sandbox.ledger.tip(ALICE, app.client_id) == answers[1]
    assert [client.refresh(app, token).status for token in answers] == [200, 200]


def test_revoking_a_grant_ends_its_tokens_and_no_others(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    alice, bob = (sandbox.grant(email, app.client_id) for email in (ALICE, BOB))
    assert sandbox.revoke(ALICE, app.client_id) == 1
    assert client.refresh(app, alice["refresh_token"]).status == 400
    assert client.get("/v1/people/me", token=alice["access_token"]).status == 401
    assert client.refresh(app, bob["refresh_token"]).status == 200
    assert sandbox.revoke(ALICE, app.client_id) == 0


def test_fields_can_be_left_out_or_replaced(
    client: Client, app: Integration, code: str, sandbox: Sandbox
) -> None:
    sandbox.scenario.omit = ("scope", "token_type", "refresh_token")
    sandbox.scenario.override = {"expires_in": "abc"}
    answer = client.exchange(app, code).json
    assert set(answer) == {"access_token", "expires_in", "refresh_token_expires_in"}
    assert answer["expires_in"] == "abc"


def test_scopes_can_be_granted_narrower_or_wider(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    for granted in (("spark:people_read",), ("spark:people_read", "spark:rooms_read")):
        sandbox.scenario.granted_scopes = granted
        code = parameters(sandbox.accept(app.authorization_url, ALICE))["code"]
        assert set(client.exchange(app, code).json["scope"].split()) == set(granted)


def test_spark_kms_comes_only_if_asked_for_or_switched_on(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    url = authorize_url(app, scope="spark:people_read")
    plain = parameters(sandbox.accept(url, ALICE))["code"]
    sandbox.scenario.add_kms = True
    added = parameters(sandbox.accept(url, ALICE))["code"]
    assert client.exchange(app, plain).json["scope"] == "spark:people_read"
    assert "spark:kms" in client.exchange(app, added).json["scope"].split()


def test_lifetimes_can_be_set(client: Client, app: Integration, sandbox: Sandbox) -> None:
    sandbox.scenario.access_ttl = 64799
    sandbox.scenario.refresh_ttl = 6223532
    sandbox.scenario.code_ttl = 10
    late = parameters(sandbox.accept(app.authorization_url, ALICE))["code"]
    answer = sandbox.grant(ALICE, app.client_id)
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (64799, 6223532)
    sandbox.advance(11)
    assert client.exchange(app, late).status == 400
    sandbox.advance(64799)
    assert client.get("/v1/people/me", token=answer["access_token"]).status == 401


def test_a_rate_limit_holds_per_client_and_minute(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    other = sandbox.register()
    sandbox.scenario.rate_limit = 2
    answers = [client.refresh(app, refresh_token) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 61
    assert answers[2].headers["Content-Type"] == "text/html"
    theirs = sandbox.grant(ALICE, other.client_id)["refresh_token"]
    assert client.refresh(other, theirs).status == 200
    sandbox.advance(61)
    assert client.refresh(app, refresh_token).status == 200


def test_a_new_secret_replaces_the_old_one_and_keeps_the_tokens(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    old = app.client_secret
    client.post(f"/my-apps/{app.id}", action="regenerate")
    assert client.refresh(app, refresh_token, client_secret=old).status == 401
    assert client.refresh(app, refresh_token).status == 200
