"""Does the server speak HTTP properly, log without secrets, and keep its state in a file?"""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.wire.server import is_loopback
from tests.sandbox.conftest import ALICE, REDIRECT_URI, Client, path_of

COMMAND = """
import django, sys
from django.conf import settings
settings.configure()
django.setup()
from integrations.management.commands.webex_sandbox import Command
Command().run_from_argv(["manage.py", "webex_sandbox", *sys.argv[1:]])
"""


def test_one_connection_serves_many_requests_without_delay(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    connection.connect()
    first = connection.sock
    started = time.monotonic()
    for _ in range(20):
        connection.request("GET", "/sandbox/healthz")
        connection.getresponse().read()
    assert connection.sock is first
    assert time.monotonic() - started < 0.4  # a delayed acknowledgement costs 40 ms each
    connection.close()


def test_the_log_has_method_path_and_status_but_no_query(
    client: Client, app: Integration, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="integrations.sandbox"):
        client.get(path_of(app.authorization_url))
        client.exchange(app, "secret-code")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["GET /v1/authorize 302", "POST /v1/access_token 400"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:1", 200),
        ("localhost", 200),
        ("acme.localhost:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("", 421),
    ],
)
def test_another_sites_name_for_this_machine_is_refused(
    client: Client, host: str, status: int
) -> None:
    answer = client.send("GET", "/sandbox/healthz", headers={"Host": host})
    assert answer.status == status


def test_a_host_for_the_sign_in_can_be_chosen() -> None:
    with Sandbox(sign_in_host="sign-in.example") as sandbox:
        app = sandbox.register(redirect_uris=[REDIRECT_URI])
        client = Client(sandbox)
        location = client.get(path_of(app.authorization_url)).location
        assert location.startswith(f"http://sign-in.example:{sandbox.port}/idb/sign-in?")
        answer = client.send("GET", path_of(location), headers={"Host": "sign-in.example"})
        assert answer.status == 200


def test_too_large_and_chunked_bodies_are_refused(client: Client) -> None:
    large = {"Content-Length": "1000001"}
    assert client.send("POST", "/v1/access_token", headers=large).status == 413
    chunked = {"Transfer-Encoding": "chunked"}
    assert client.send("POST", "/v1/access_token", headers=chunked).status == 411
    assert client.send("POST", "/v1/access_token", headers={"Content-Length": "-1"}).status == 411


def test_head_and_options_are_not_allowed_and_have_no_body(client: Client) -> None:
    assert client.send("HEAD", "/v1/people/me").status == 405
    options = client.send("OPTIONS", "/sandbox/faults")
    assert options.status == 405
    assert options.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("name", ["sandbox.css", "copy.js", "icon.svg"])
def test_static_files_are_served(client: Client, name: str) -> None:
    answer = client.get(f"/sandbox/static/{name}")
    assert answer.status == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"].startswith(("text/", "image/"))


@pytest.mark.parametrize("name", ["..", "nope.css", "..%2fserver.py", "%2e%2e", "server.py"])
def test_other_files_are_not_served(client: Client, name: str) -> None:
    assert client.get(f"/sandbox/static/{name}").status == 404


def test_a_taken_port_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(OSError):
        Sandbox(port=sandbox.port).start()


def test_state_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Sandbox(state_path=path) as first:
        app = first.register(name="Kept", redirect_uris=[REDIRECT_URI])
        first.add_person(email="dora@new.example", org_name="New Org")
        first.scenario.rotation = "strict"
        old = first.grant(ALICE, app.client_id)["refresh_token"]
        answer = Client(first).refresh(app, old).json
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["state.json"]
    with Sandbox(state_path=path) as second:
        client = Client(second)
        kept = second.state.integrations[app.client_id]
        assert kept.client_secret == app.client_secret
        assert kept.authorization_url.startswith(second.api_url)
        assert second.person("dora@new.example").id == first.person("dora@new.example").id
        assert len(second.state.people) == 5
        assert second.ledger.tip(ALICE, app.client_id) == answer["refresh_token"]
        assert client.get("/v1/people/me", token=answer["access_token"]).status == 200
        assert client.refresh(kept, old).status == 400


def test_state_is_written_while_running(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Sandbox(state_path=path) as sandbox:
        app = sandbox.register(name="Soon")
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            if path.exists() and app.client_id in json.loads(path.read_text())["integrations"]:
                return
            time.sleep(0.02)
    pytest.fail("The integration was not written.")


def test_dead_tokens_leave_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Sandbox(state_path=path) as sandbox:
        app = sandbox.register()
        sandbox.grant(ALICE, app.client_id)
        sandbox.revoke(ALICE, app.client_id)
    stored = json.loads(path.read_text())
    assert (stored["tokens"], stored["grants"]) == ({}, {})


def test_with_a_file_the_ledger_is_bounded(tmp_path: Path) -> None:
    sandbox = Sandbox(state_path=tmp_path / "state.json")
    app = sandbox.register()
    for _ in range(1100):
        sandbox.grant(ALICE, app.client_id)
    assert len(sandbox.ledger.tokens) == 2000


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"integrations": {"x": {"odd": 1}}}'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="not a sandbox state file"):
        Sandbox(state_path=path)


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a folder"):
        Sandbox(state_path=tmp_path / "missing" / "state.json")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False)],
)
def test_loopback_is_recognised(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_command_introduces_itself_and_stops_on_sigterm(tmp_path: Path) -> None:
    with run("--port", "0", "--state", str(tmp_path / "state.json")) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        port = int(lines[3].rpartition(":")[2].partition("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/my-apps/?query=1")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=5)
    assert f"http://127.0.0.1:{port}/my-apps/" in lines[1]
    assert f"http://127.0.0.1:{port}/sandbox/" in lines[2]
    assert output == "Sandbox stopped.\n"
    assert "GET /my-apps/ 200" in errors
    assert process.returncode == 0
    assert json.loads((tmp_path / "state.json").read_text())["people"]


@pytest.mark.slow
def test_the_command_refuses_what_it_should(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        processes = {
            "Cannot listen on": run("--port", str(taken.getsockname()[1])),
            "--allow-remote": run("--host", "0.0.0.0", "--port", "0"),
            "is not a folder": run("--state", str(tmp_path / "missing" / "x"), "--port", "0"),
        }
        for words, process in processes.items():
            _, errors = process.communicate(timeout=10)
            assert process.returncode == 1
            assert errors.startswith("CommandError: ")
            assert words in errors
            assert errors.count("\n") == 1


def run(*arguments: str) -> subprocess.Popen[str]:
    dropped = "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED"
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={name: v for name, v in os.environ.items() if name not in dropped},
    )
