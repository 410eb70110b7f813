"""Many calls at once, and a caller that was away for a while because of its database."""

import socket
import time

import pytest

from integrations.errors import WebexUnavailable
from integrations.webex.http import Request
from integrations.webex.multi import LONG_ABSENCE, Multi


@pytest.fixture
def silent_server():
    """Takes connections and never answers a handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}/v1/access_token"


def test_a_call_that_has_sent_nothing_ends_while_its_caller_is_away(silent_server):
    """Another worker may have spent the refresh token meanwhile."""
    with Multi[str](timeout=10) as calls:
        calls.add("alice", Request("POST", silent_server, {}, b"refresh_token=R1"))
        assert calls.wait(0.1) == []
        time.sleep(LONG_ABSENCE + 0.05)

        [(key, error)] = calls.wait(0)

    assert key == "alice"
    assert isinstance(error, WebexUnavailable)
    assert error.reason == "no connection: timed out"


def test_a_call_under_way_stays_while_its_caller_reads_regularly(silent_server):
    with Multi[str](timeout=10) as calls:
        calls.add("alice", Request("POST", silent_server, {}, b"refresh_token=R1"))
        for _ in range(4):
            assert calls.wait(0.2) == []
