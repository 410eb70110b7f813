"""The calls of Cisco's two sample programs, one after the other, as they make them.

The programs themselves run by hand: `python -m tests.seeds`.
"""

from __future__ import annotations

import base64

from integrations.sandbox import Sandbox
from integrations.sandbox.webex.device import GRANT_TYPE, HELPERS, decide
from tests.sandbox.conftest import ALICE, Client, parameters

JSON = {"accept": "application/json", "content-type": "application/json"}
FORM = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}


def test_the_device_sample_gets_to_its_profile_page(client: Client, sandbox: Sandbox) -> None:
    app = sandbox.register(
        redirect_uris=sorted(HELPERS), scopes=["meeting:recordings_read", "spark:all"]
    )
    begun = client.post(
        "/v1/device/authorize",
        client_id=app.client_id,
        scope="meeting:recordings_read spark:all spark:kms",
    ).json
    pair = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    form = {
        "client_id": app.client_id,
        "device_code": begun["device_code"],
        "grant_type": GRANT_TYPE,
    }

    sandbox.advance(begun["interval"])
    early = client.post("/v1/device/token", headers={"Authorization": f"Basic {pair}"}, **form)
    decide(sandbox.state, begun["user_code"], ALICE)
    sandbox.advance(begun["interval"])
    tokens = client.post("/v1/device/token", headers={"Authorization": f"Basic {pair}"}, **form)

    assert early.json["errors"][0]["description"] == "authorization_pending"  # it prints that
    assert tokens.json["refresh_token"]
    profile = client.get("/v1/people/me?callingData=true", token=tokens.json["access_token"])
    assert profile.json["emails"] == [ALICE]


def test_the_authorization_code_sample_gets_to_its_rooms_page(
    client: Client, sandbox: Sandbox
) -> None:
    """It sends no PKCE, writes its form by hand, and renews when /rooms says 401."""
    redirect_uri = "http://0.0.0.0:10060/oauth"
    app = sandbox.register(redirect_uris=[redirect_uri], scopes=["spark:all"])
    url = app.authorization_url.replace("set_state_here", "1234abcd")
    back = parameters(sandbox.accept(url, ALICE))
    assert back["state"] == "1234abcd"
    client_of_it = f"client_id={app.client_id}&client_secret={app.client_secret}"

    body = f"grant_type=authorization_code&{client_of_it}&code={back['code']}"
    body += f"&redirect_uri={redirect_uri}"
    first = client.send("POST", "/v1/access_token", body=body, headers=FORM).json
    sandbox.advance(first["expires_in"] + 1)
    stale = client.get("/v1/rooms", token=first["access_token"], **JSON)
    body = f"grant_type=refresh_token&{client_of_it}&refresh_token={first['refresh_token']}"
    second = client.send("POST", "/v1/access_token", body=body, headers=FORM).json
    rooms = client.get("/v1/rooms", token=second["access_token"], **JSON)

    assert stale.status == 401
    assert second["refresh_token"]
    assert "All hands" in [room["title"] for room in rooms.json["items"]]
