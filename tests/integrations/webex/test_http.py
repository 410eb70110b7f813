"""The transport against servers that hang, lie, cut and never end."""

import gzip
import os
import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import certifi
import pytest

from integrations.errors import AmbiguousOutcome, WebexUnavailable
from integrations.webex.http import LARGEST_BODY, Deadline, Request, send
from tests.integrations.webex.conftest import OK, answering

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


@contextmanager
def at_most(seconds):
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def post(url, deadline=None):
    return send(Request("POST", url, {}, b"grant_type=refresh_token"), deadline)


def drip(wire, connection, nth):
    connection.sendall(HEAD)
    while not wire.closing.wait(0.05):
        connection.sendall(b" ")


def silence(wire, connection, nth):
    wire.closing.wait(10)


def flood(wire, connection, nth):
    connection.sendall(HEAD)
    while not wire.closing.is_set():
        connection.sendall(b"x" * 65536)


def flood_of_headers(wire, connection, nth):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not wire.closing.is_set():
        connection.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")


@pytest.mark.parametrize("script", [drip, silence])
def test_the_deadline_ends_a_call_whatever_the_server_does(wire, script):
    server = wire(script)

    with at_most(1), pytest.raises(AmbiguousOutcome):
        post(server.url, Deadline(0.3))

    assert server.count("POST") == 1


def test_the_timeout_of_the_settings_holds_without_a_deadline(wire, settings):
    settings.WEBEX_TIMEOUT = 0.3

    with at_most(1), pytest.raises(AmbiguousOutcome):
        post(wire(drip).url)


def test_a_deadline_that_is_over_still_bounds_the_call(wire):
    with at_most(1), pytest.raises(WebexUnavailable):
        post(wire(silence).url, Deadline(-5))


def test_a_connect_into_a_black_hole_was_never_sent():
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # nobody accepts: further SYNs are dropped
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())

        with at_most(1), pytest.raises(WebexUnavailable) as caught:
            post(f"http://127.0.0.1:{full.getsockname()[1]}", Deadline(0.3))

    assert not isinstance(caught.value, AmbiguousOutcome)


def test_a_refused_connection_was_never_sent():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(WebexUnavailable) as caught:
        post(f"http://127.0.0.1:{port}")

    assert not isinstance(caught.value, AmbiguousOutcome)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://", "ftp://127.0.0.1/"])
def test_a_url_that_is_none_was_never_sent(url):
    with pytest.raises(WebexUnavailable) as caught:
        post(url)

    assert not isinstance(caught.value, AmbiguousOutcome)


def test_a_tls_handshake_that_hangs_was_never_sent():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}"

        with at_most(1), pytest.raises(WebexUnavailable) as caught:
            post(url, Deadline(0.3))

    assert not isinstance(caught.value, AmbiguousOutcome)


def test_a_server_that_does_not_speak_tls_gets_nothing(wire):
    server = wire(answering())

    with pytest.raises(WebexUnavailable) as caught:
        post(server.url.replace("http:", "https:"), Deadline(0.3))

    assert not isinstance(caught.value, AmbiguousOutcome)
    assert server.count("POST") == 0


@pytest.mark.parametrize("variable", ["", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_self_signed_certificate_is_refused(wire, self_signed, monkeypatch, variable):
    if variable:
        monkeypatch.setenv(variable, "")  # requests takes this for "do not verify"
    server = wire(answering(), self_signed)

    with pytest.raises(WebexUnavailable) as caught:
        post(server.url)

    assert not isinstance(caught.value, AmbiguousOutcome)
    assert server.requests == []


def test_certificates_are_checked_against_a_bundle_that_exists():
    assert os.path.getsize(certifi.where()) > 100_000


@pytest.mark.parametrize("script", [flood, flood_of_headers])
def test_an_endless_answer_is_cut_off(wire, script):
    with at_most(2), pytest.raises(WebexUnavailable):
        post(wire(script).url, Deadline(5))


def test_an_answer_of_exactly_the_cap_passes(wire):
    body = b"x" * LARGEST_BODY
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    assert post(wire(answering(head + body)).url).body == body


def test_a_gzip_bomb_is_not_inflated(wire):
    bomb = gzip.compress(b"\0" * 30_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    assert post(wire(answering(head + bomb)).url).body == bomb


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(wire, status):
    elsewhere = wire(answering())
    location = b"Location: %s/steal\r\nContent-Length: 0" % elsewhere.url.encode()
    server = wire(answering(b"HTTP/1.1 %d Moved\r\n%s\r\n\r\n" % (status, location)))

    assert post(server.url).status == status
    assert elsewhere.requests == []


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_ignored(wire, monkeypatch, variable):
    proxy, server = wire(answering()), wire(answering())
    monkeypatch.setenv(variable, proxy.url)

    post(server.url)

    assert (proxy.requests, server.count("POST")) == ([], 1)


def test_the_proxy_of_the_settings_is_used(wire, settings):
    proxy = wire(answering())
    settings.WEBEX_PROXY = proxy.url

    post("http://webex.invalid/v1/access_token")

    assert proxy.requests[0].startswith(b"POST http://webex.invalid/v1/access_token")


@pytest.mark.parametrize("cut", ["before_status", "mid_headers", "mid_body"])
def test_an_answer_cut_on_its_way_is_ambiguous(sandbox, cut):
    sandbox.fault("/v1/access_token", cut=cut)

    with pytest.raises(AmbiguousOutcome):
        post(f"{sandbox.api_url}/access_token")

    assert sandbox.ledger.count("/v1/access_token") == 1


def test_a_post_is_never_silently_repeated_on_a_connection_that_died(wire):
    def close_on_reuse(server, connection, nth):
        if nth == 1:
            connection.sendall(OK)
        else:
            connection.close()  # a server whose keep-alive time was over

    server = wire(close_on_reuse)
    send(Request("GET", server.url))

    assert post(server.url).status == 200
    assert post(server.url).status == 200
    assert server.count("POST") == 2


def test_a_thread_keeps_its_connection_alive_for_reading(wire):
    server = wire(answering())

    for _ in range(3):
        send(Request("GET", server.url))

    assert len(set(server.peers)) == 1


def test_nothing_of_one_call_is_left_for_the_next(wire):
    server = wire(answering())
    send(Request("POST", server.url, {"Authorization": "Bearer alice"}, b"secret=alice"))

    send(Request("GET", server.url))

    assert server.requests[1].startswith(b"GET ")
    assert b"alice" not in server.requests[1]


def test_threads_do_not_share_a_connection(wire):
    server = wire(answering())
    send(Request("GET", server.url))

    other = threading.Thread(target=send, args=[Request("GET", server.url)])
    other.start()
    other.join()

    assert len(set(server.peers)) == 2


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_does_not_share_its_parents_connection(wire):
    server = wire(answering())
    send(Request("GET", server.url))

    child = os.fork()
    if not child:
        try:
            send(Request("GET", server.url))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    send(Request("GET", server.url))

    first, of_child, last = server.peers
    assert first == last != of_child
