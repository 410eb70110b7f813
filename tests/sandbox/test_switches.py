"""Do the switches of REST calls and refreshes do what the control page says?"""

from __future__ import annotations

import pytest

from integrations.sandbox import Integration, Sandbox
from tests.sandbox.conftest import ALICE, ANNA, PAT, SUBSCRIBERS, Administrator, Client


def test_every_third_call_is_refused(pat: Administrator, sandbox: Sandbox) -> None:
    sandbox.scenario.update({"refuse_every": 3, "retry_after": 7})
    answers = [pat.get(f"{SUBSCRIBERS}?max=1") for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 200, 429, 200, 200, 429]
    assert answers[2].headers["Retry-After"] == "7"
    assert answers[2].headers["Content-Type"] == "text/html"


def test_every_second_write_is_locked_and_changes_nothing(
    pat: Administrator, sandbox: Sandbox
) -> None:
    sandbox.scenario.lock_every = 2
    pat.provision()
    other = ANNA | {"userId": "other@acme.example"}
    assert pat.call("POST", SUBSCRIBERS, other).status == 423
    assert sandbox.ledger.provisions == {ANNA["userId"]: 1}


def test_a_lost_answer_hides_what_was_done(pat: Administrator, sandbox: Sandbox) -> None:
    sandbox.scenario.lose_every = 1
    with pytest.raises(ConnectionResetError):
        pat.provision()
    assert len(pat.items(f"{SUBSCRIBERS}?userId={ANNA['userId']}")) == 1
    assert sandbox.ledger.provisions == {ANNA["userId"]: 1}


def test_getting_tokens_is_left_alone(
    client: Client, sandbox: Sandbox, app: Integration, refresh_token: str
) -> None:
    sandbox.scenario.update({"refuse_every": 1, "lock_every": 1, "lose_every": 1})
    assert client.refresh(app, refresh_token).status == 200


def test_a_person_has_one_limit_for_all_clients(sandbox: Sandbox) -> None:
    one, another = Administrator(sandbox, PAT), Administrator(sandbox, PAT)
    alice = Administrator(sandbox, ALICE)
    sandbox.scenario.person_rate_limit = 2
    assert [each.get("/v1/people/me").status for each in (one, another, one, alice)] == [
        200,
        200,
        429,
        200,
    ]
    sandbox.advance(61)
    assert one.get("/v1/people/me").status == 200


def test_booleans_are_as_documented_or_all_alike(pat: Administrator, sandbox: Sandbox) -> None:
    def seen() -> tuple[object, object]:
        row = pat.client.get(f"{SUBSCRIBERS}?max=1", token=pat.token).json["items"][0]
        me = pat.client.get("/v1/people/me", token=pat.token).json
        return row["selfActivated"], me["loginEnabled"]

    assert seen() == (True, "true")
    sandbox.scenario.update({"booleans": "strings"})
    assert seen() == ("true", "true")
    sandbox.scenario.update({"booleans": "real"})
    assert seen() == (True, True)


def test_info_may_be_a_list_as_in_webexs_example(pat: Administrator, sandbox: Sandbox) -> None:
    sandbox.scenario.info_as_list = True
    path, headers = f"{SUBSCRIBERS}/validate", {"Authorization": f"Bearer {pat.token}"}
    headers["Content-Type"] = "application/json"
    answer = pat.client.send("POST", path, body='{"email": "a@b.example"}', headers=headers)
    assert answer.json["info"][0]["infoCode"] == 100


def test_the_list_lags_behind_what_one_row_says(pat: Administrator, sandbox: Sandbox) -> None:
    sandbox.scenario.list_lag = 60
    new = pat.provision()
    path = f"{SUBSCRIBERS}?userId={ANNA['userId']}"
    assert pat.items(path) == []
    sandbox.advance(64)
    assert pat.subscriber(new["id"])["status"] == "provisioned"
    assert [row["status"] for row in pat.items(path)] == ["provisioned"]
    pat.call("PUT", f"{SUBSCRIBERS}/{new['id']}", {"package": "premium"})
    assert [row["status"] for row in pat.items(path)] == ["provisioned"]
    assert pat.items(f"{path}&status=updating") == []


def test_a_list_of_people_may_outgrow_a_client(pat: Administrator, sandbox: Sandbox) -> None:
    sandbox.scenario.large_people_list = True
    answer = pat.get("/v1/people?max=2")
    assert len(answer.body) > 256 * 1024
    assert len(answer.json["items"]) == 2


def test_a_second_refresh_within_a_day_changes_nothing(
    client: Client, sandbox: Sandbox, app: Integration
) -> None:
    sandbox.scenario.once_a_day = True
    first = sandbox.grant(ALICE, app.client_id)
    sandbox.advance(3600)
    again = client.refresh(app, first["refresh_token"]).json
    assert again["access_token"] == first["access_token"]
    for name in ("expires_in", "refresh_token_expires_in"):
        assert again[name] == pytest.approx(first[name] - 3600, abs=2)
    sandbox.advance(86400)
    later = client.refresh(app, first["refresh_token"]).json
    assert later["access_token"] != first["access_token"]
    assert later["expires_in"] == 1209599


@pytest.mark.parametrize("error", ["invalid_refresh_token", "invalid_request", "invalid_client"])
def test_a_refresh_is_refused_with_the_error_of_choice(
    client: Client, sandbox: Sandbox, app: Integration, refresh_token: str, error: str
) -> None:
    sandbox.scenario.update({"refresh_error": error, "error_shape": "oauth"})
    answer = client.refresh(app, refresh_token)
    assert (answer.status, answer.json["error"]) == (400, error)
    sandbox.scenario.update({"refresh_error": None})
    assert client.refresh(app, refresh_token).status == 200


def test_an_account_with_too_many_tokens_gets_no_more_and_loses_none(
    client: Client, sandbox: Sandbox, app: Integration, code: str, refresh_token: str
) -> None:
    sandbox.scenario.update({"token_limit": True, "error_shape": "oauth"})
    for answer in (client.refresh(app, refresh_token), client.exchange(app, code)):
        assert (answer.status, answer.json["error"]) == (400, "tokenlimit_reached")
    sandbox.scenario.update({"token_limit": False})
    assert client.refresh(app, refresh_token).status == 200
    assert client.exchange(app, code).status == 200
