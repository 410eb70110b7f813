"""64 strangers at once: the portal goes on saying that it lives, and operators get one mail."""

import re
import socket
import sqlite3
import time
from contextlib import ExitStack, closing

import pytest

from tests.attacks import linked_user
from tests.attacks.strangers import ANONYMOUS, HALF
from tests.attacks.web_server import busyness, request

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("raw", ANONYMOUS.values(), ids=ANONYMOUS)
def test_64_strangers_at_once_silence_neither_health_nor_operators(portal, raw):
    mails = portal.mail.visits

    siege = portal.besiege(raw)

    time.sleep(0.5)
    assert "" not in siege.answers, siege
    assert siege.slowest_health < 1, siege
    assert portal.mail.visits - mails <= 1


@pytest.mark.parametrize("raw", HALF.values(), ids=HALF)
def test_64_connections_that_say_nothing_or_half_hold_no_thread(portal, raw):
    with ExitStack() as connections:
        for _ in range(64):
            connections.enter_context(portal.connect()).sendall(raw)
        time.sleep(0.5)
        began = time.monotonic()
        assert portal.is_healthy()

        assert (time.monotonic() - began) / busyness() < 1


@pytest.mark.parametrize("raw", HALF.values(), ids=HALF)
def test_who_sends_half_and_hangs_up_is_let_go(portal, raw):
    """Or the event loop would turn for them for ever."""
    with portal.connect(timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)

        while connection.recv(65536):
            pass


def test_64_strangers_at_once_who_guess_passwords_leave_the_others_their_threads(portal):
    page = portal.ask("GET", "/sign-in/")
    cookie = re.search(r"Set-Cookie: (csrftoken=\w+)", page)[1]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
    fields = f"username=alice&password=guess&csrfmiddlewaretoken={token}"
    form = "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(fields)}"

    guess = request("POST", "/sign-in/", f"Cookie: {cookie}", *form) + fields.encode()

    siege = portal.besiege(guess)

    assert siege.answers["HTTP/1.1 503 Service Unavailable"] > 20, siege
    assert siege.answers["HTTP/1.1 200 OK"] >= 3
    assert siege.slowest_health < 1, siege


def test_an_error_that_64_strangers_run_into_is_one_mail(portal):
    mails = portal.mail.visits
    with closing(sqlite3.connect(portal.database)) as database:
        database.execute("ALTER TABLE django_session RENAME TO out_of_reach")
    try:
        siege = portal.besiege(request("GET", "/", "Cookie: sessionid=" + "a" * 32))
        time.sleep(0.5)
    finally:
        with closing(sqlite3.connect(portal.database)) as database:
            database.execute("ALTER TABLE out_of_reach RENAME TO django_session")

    assert set(siege.answers) == {"HTTP/1.1 500 Internal Server Error"}
    assert siege.slowest_health < 1, siege
    assert portal.mail.visits - mails == 1


def test_64_reloads_at_once_while_webex_is_slow_leave_the_others_their_threads(
    portal, running_sandbox
):
    running_sandbox.scenario.latency = 9.0
    cookie = f"Cookie: sessionid={portal.session}"

    siege = portal.besiege(request("GET", "/webex/profile/", cookie, host=linked_user.HOST))

    running_sandbox.reset()
    assert siege.answers["HTTP/1.1 503 Service Unavailable"] >= 60, siege
    assert siege.answers["HTTP/1.1 200 OK"] >= 1
    assert siege.slowest_health < 1, siege
