"""Does the ledger tell the truth about calls, tokens and what overlapped?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from integrations.sandbox import Integration, Sandbox
from tests.sandbox.conftest import ALICE, BOB, Client

PATH = "/v1/access_token"


def test_a_call_is_recorded_with_what_tests_ask_for(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    before = sandbox.state.now()
    answer = client.refresh(app, refresh_token)
    (call,) = sandbox.ledger.calls
    assert (call.method, call.path, call.status) == ("POST", PATH, 200)
    assert (call.grant_type, call.client_id) == ("refresh_token", app.client_id)
    assert call.person_email == ALICE
    assert call.form["refresh_token"] == refresh_token
    assert call.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert call.tracking_id == answer.headers["trackingId"]
    assert call.peer == "127.0.0.1"
    assert before <= call.at <= sandbox.state.now()
    assert call.finished is not None
    assert call.started <= call.finished


def test_calls_are_counted_by_path_and_attributes(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    for value in (refresh_token, refresh_token, "garbage"):
        client.refresh(app, value)
    client.exchange(app, "garbage")
    client.get("/v1/people/me")
    count = sandbox.ledger.count
    assert count() == 5
    assert count(PATH) == 4
    assert count(PATH, grant_type="refresh_token") == 3
    assert count(PATH, grant_type="refresh_token", status=400) == 1
    assert count(status=401) == 1


def test_control_and_portal_pages_are_not_recorded(client: Client, sandbox: Sandbox) -> None:
    for path in ("/", "/sandbox/", "/sandbox/healthz", "/my-apps/new", "/sandbox/static/copy.js"):
        client.get(path)
    assert sandbox.ledger.calls == []


def test_tokens_form_a_chain(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "strict"
    second = client.refresh(app, refresh_token).json
    tokens = {token.value: token for token in sandbox.ledger.tokens}
    assert tokens[refresh_token].parent is None
    assert tokens[second["refresh_token"]].parent == refresh_token
    assert tokens[second["access_token"]].parent == second["refresh_token"]
    assert tokens[second["access_token"]].kind == "access"
    assert tokens[refresh_token].person_id == sandbox.person(ALICE).id
    assert sandbox.ledger.tip(ALICE.upper(), app.client_id) == second["refresh_token"]
    assert sandbox.ledger.tip(BOB, app.client_id) is None


def test_overlapping_calls_are_measured_per_grant_and_client(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.latency = 0.1
    bob = sandbox.grant(BOB, app.client_id)["refresh_token"]
    with ThreadPoolExecutor(3) as pool:
        statuses = [
            a.status
            for a in pool.map(lambda t: client.refresh(app, t), [refresh_token, refresh_token, bob])
        ]
    assert statuses == [200, 200, 200]
    assert sandbox.ledger.concurrency_per_grant == 2
    assert sandbox.ledger.concurrency_per_client == 3


def test_calls_after_each_other_do_not_overlap(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    for _ in range(50):
        client.refresh(app, refresh_token)
    assert sandbox.ledger.concurrency_per_grant == 1
    assert sandbox.ledger.concurrency_per_client == 1


def test_parallel_refreshes_under_strict_rotation_leave_one_winner(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "strict"
    with ThreadPoolExecutor(8) as pool:
        statuses = [
            a.status for a in pool.map(lambda _: client.refresh(app, refresh_token), range(8))
        ]
    assert statuses.count(200) == 1
    assert sandbox.ledger.reuse == 7


def test_reset_empties_everything_but_integrations_and_people(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    scenario, ledger = sandbox.scenario, sandbox.ledger
    scenario.rotation = "strict"
    sandbox.fault("/v1/*", status=500, times=None)
    sandbox.advance(1000)
    client.refresh(app, refresh_token)
    sandbox.reset()
    assert (ledger.calls, ledger.tokens, ledger.reuse) == ([], [], 0)
    assert ledger.tip(ALICE, app.client_id) is None
    assert scenario.rotation == "none"
    assert sandbox.state.clock_offset == 0
    assert client.refresh(app, refresh_token).status == 400
    assert app.client_id in sandbox.state.integrations
    assert sandbox.person(ALICE).display_name == "Alice Adams"
