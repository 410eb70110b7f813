"""Can every fault be produced, does it hit what it should, and was the request processed?"""

from __future__ import annotations

import http.client
import socket
import time
from typing import Any

import pytest

from integrations.sandbox import Fault, Integration, Sandbox
from tests.sandbox.conftest import ALICE, BOB, Client

PATH = "/v1/access_token"


def raw(sandbox: Sandbox, path: str = "/v1/people/me") -> bytes:
    """Everything the socket gives until it ends. Raises ConnectionResetError with what came."""
    received = b""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=2) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            raise ConnectionResetError(received) from None
    return received


def issued(sandbox: Sandbox) -> int:
    return sum(token.kind == "access" for token in sandbox.ledger.tokens)


def test_a_status_replaces_the_answer_once_and_nothing_is_processed(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.fault(PATH, status=503)
    before = issued(sandbox)
    assert client.refresh(app, refresh_token).status == 503
    assert issued(sandbox) == before
    assert client.refresh(app, refresh_token).status == 200


def test_body_and_headers_are_sent_as_given(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    headers = {"Retry-After": "3600", "Content-Type": "text/html", "trackingId": None}
    sandbox.fault(PATH, status=429, body=b"<h1>Slow</h1>", headers=headers)
    answer = client.refresh(app, refresh_token)
    assert (answer.status, answer.body) == (429, b"<h1>Slow</h1>")
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers.get_all("Content-Type") == ["text/html"]
    assert answer.headers["trackingId"] is None


def test_after_processes_the_request_and_replaces_its_answer(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.scenario.rotation = "strict"
    sandbox.fault(PATH, status=502, body=b"lost", after=True)
    answer = client.refresh(app, refresh_token)
    assert (answer.status, answer.body) == (502, b"lost")
    assert sandbox.ledger.tip(ALICE, app.client_id) != refresh_token


def test_a_body_alone_keeps_the_status_of_the_real_answer(
    client: Client, app: Integration, sandbox: Sandbox
) -> None:
    sandbox.fault(PATH, body=b"null", after=True)
    assert client.refresh(app, "garbage").status == 400


def test_headers_alone_keep_the_real_answer(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    sandbox.fault(PATH, headers={"Content-Type": "text/plain"})
    answer = client.refresh(app, refresh_token)
    assert "access_token" in answer.json
    assert answer.headers["Content-Type"] == "text/plain"


def test_a_fault_hits_a_number_of_calls_or_all_until_cleared(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fault("/v1/people/me", status=500, times=2)
    assert [client.get("/v1/people/me").status for _ in range(3)] == [500, 500, 401]
    sandbox.fault("/v1/people/me", status=500, times=None)
    assert {client.get("/v1/people/me").status for _ in range(5)} == {500}
    sandbox.clear_faults()
    assert client.get("/v1/people/me").status == 401


def test_a_fault_hits_only_its_path_client_and_person(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str
) -> None:
    other = sandbox.register()
    theirs = sandbox.grant(BOB, other.client_id)["refresh_token"]
    sandbox.fault(PATH, status=500, times=None, client_id=app.client_id)
    assert client.refresh(app, refresh_token).status == 500
    assert client.refresh(other, theirs).status == 200
    assert client.get("/v1/people/me").status == 401
    sandbox.clear_faults()
    sandbox.fault(PATH, status=500, times=None, person=BOB)
    assert client.refresh(app, refresh_token).status == 200
    assert client.refresh(other, theirs).status == 500


def test_a_path_may_hold_a_star_and_never_reaches_the_control_pages(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fault("*", status=500, times=None)
    assert client.get("/v1/organizations/x").status == 500
    assert client.get("/sandbox/healthz").status == 200
    assert client.get("/").status == 200


@pytest.mark.parametrize("after", [False, True])
def test_delay_makes_the_answer_late(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str, after: bool
) -> None:
    sandbox.fault(PATH, delay=0.15, after=after)
    started = time.monotonic()
    assert client.refresh(app, refresh_token).status == 200
    assert 0.15 <= time.monotonic() - started < 1


def test_latency_makes_every_api_answer_late(client: Client, sandbox: Sandbox) -> None:
    sandbox.scenario.latency = 0.1
    started = time.monotonic()
    client.get("/v1/people/me")
    assert time.monotonic() - started >= 0.1


def test_cut_before_the_status_resets_the_connection(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", cut="before_status")
    with pytest.raises(ConnectionResetError) as reset:
        raw(sandbox)
    assert reset.value.args == (b"",)
    assert sandbox.ledger.calls[-1].status is None


def test_cut_amid_the_headers_resets_the_connection(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", cut="mid_headers")
    with pytest.raises(ConnectionResetError) as reset:
        raw(sandbox)
    assert reset.value.args[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in reset.value.args[0]


def test_cut_amid_the_body_resets_the_connection(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", cut="mid_body", after=True)
    with pytest.raises(ConnectionResetError) as reset:
        raw(sandbox)
    head, _, body = reset.value.args[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401")
    assert 0 < len(body) < int(head.partition(b"Content-Length: ")[2].split(b"\r")[0])


@pytest.mark.parametrize("cut", ["before_status", "mid_headers", "mid_body"])
@pytest.mark.parametrize("after", [False, True])
def test_a_cut_call_is_processed_only_with_after(
    client: Client, app: Integration, sandbox: Sandbox, refresh_token: str, cut: str, after: bool
) -> None:
    sandbox.scenario.rotation = "strict"
    sandbox.fault(PATH, cut=cut, after=after)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.refresh(app, refresh_token)
    was_rotated = sandbox.ledger.tip(ALICE, app.client_id) != refresh_token
    assert was_rotated is after


def test_drip_sends_the_body_byte_by_byte(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", status=200, body=b"x" * 10, drip=0.02)
    started = time.monotonic()
    assert raw(sandbox).endswith(b"\r\n\r\n" + b"x" * 10)
    assert time.monotonic() - started >= 0.2


def test_an_endless_body_lasts_until_the_client_hangs_up(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", status=200, endless=True)
    received = 0
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=2) as connection:
        connection.sendall(b"GET /v1/people/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = connection.recv(65536)
        assert b"Content-Length" not in head
        while received < 5_000_000:
            received += len(connection.recv(65536))


def test_a_dropped_content_length_ends_with_the_connection(sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", headers={"Content-Length": None})
    answer = raw(sandbox)
    assert b"Content-Length" not in answer
    assert answer.endswith(b"}")


def test_a_wrong_content_length_leaves_the_body_short(client: Client, sandbox: Sandbox) -> None:
    sandbox.fault("/v1/people/me", headers={"content-length": "9999"})
    with pytest.raises(http.client.IncompleteRead):
        client.get("/v1/people/me")


@pytest.mark.parametrize(
    "values",
    [{"cut": "somewhere"}, {"times": 0}, {"status": 42}, {"delay": -1}, {"drip": 0}],
)
def test_a_senseless_fault_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Fault("/v1/*", **values)


def test_stopping_hangs_up_and_starting_again_keeps_everything() -> None:
    sandbox = Sandbox()
    sandbox.start()
    try:
        app = sandbox.register()
        token = sandbox.grant(ALICE, app.client_id)["access_token"]
        kept = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=2)
        kept.request("GET", "/sandbox/healthz")
        kept.getresponse().read()
        api_url = sandbox.api_url
        sandbox.stop()
        assert kept.sock.recv(1) == b""
        kept.close()
        with pytest.raises(ConnectionRefusedError):
            Client(sandbox).get("/sandbox/healthz")
        sandbox.start()
        assert sandbox.api_url == api_url
        assert Client(sandbox).get("/v1/people/me", token=token).status == 200
    finally:
        sandbox.stop()
