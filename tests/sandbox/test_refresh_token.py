"""Does a refresh at POST /v1/access_token do as Webex does (contract 3)?"""

from __future__ import annotations

from integrations.sandbox import Integration, Sandbox
from tests.sandbox.conftest import ALICE, Client


def test_a_refresh_keeps_the_refresh_token_and_renews_its_life(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    first = sandbox.grant(ALICE, app.client_id)
    sandbox.advance(1000)
    second = client.refresh(app, first["refresh_token"]).json
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token_expires_in"] == 7775999
    for answer in (first, second):
        assert client.get("/v1/people/me", token=answer["access_token"]).status == 200


def test_the_renewal_of_the_life_can_be_switched_off(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.clock_reset = False
    sandbox.advance(1000)
    assert client.refresh(app, refresh_token).json["refresh_token_expires_in"] == 7774999
    sandbox.scenario.rotation = "strict"
    rotated = client.refresh(app, refresh_token).json
    assert rotated["refresh_token"] != refresh_token
    assert rotated["refresh_token_expires_in"] == 7774999


def test_a_refresh_token_expires(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.advance(7775998)
    assert client.refresh(app, refresh_token).status == 200
    sandbox.advance(7776000)
    assert client.refresh(app, refresh_token).status == 400


def test_a_refresh_token_is_bound_to_its_client_and_kind(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    other = sandbox.register()
    answer = sandbox.grant(ALICE, app.client_id)
    assert client.refresh(other, answer["refresh_token"]).status == 400
    assert client.refresh(app, answer["access_token"]).status == 400
    assert client.refresh(app, answer["refresh_token"]).status == 200


def test_strict_rotation_gives_a_new_token_each_time(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "strict"
    for _ in range(3):
        answer = client.refresh(app, refresh_token)
        assert answer.json["refresh_token"] != refresh_token
        refresh_token = answer.json["refresh_token"]
        assert sandbox.ledger.tip(ALICE, app.client_id) == refresh_token
    assert sandbox.ledger.reuse == 0


def test_reuse_of_a_rotated_token_revokes_the_family(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "strict"
    new = client.refresh(app, refresh_token).json
    assert client.refresh(app, refresh_token).status == 400
    assert client.refresh(app, new["refresh_token"]).status == 400
    assert client.get("/v1/people/me", token=new["access_token"]).status == 401
    assert sandbox.ledger.reuse == 1


def test_within_the_grace_a_rotated_token_leads_to_its_successor(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "grace"
    new = client.refresh(app, refresh_token).json["refresh_token"]
    sandbox.advance(58)
    assert client.refresh(app, refresh_token).json["refresh_token"] == new
    assert sandbox.ledger.reuse == 0
    sandbox.advance(3)
    assert client.refresh(app, refresh_token).status == 400
    assert sandbox.ledger.reuse == 1
    assert client.refresh(app, new).status == 400
