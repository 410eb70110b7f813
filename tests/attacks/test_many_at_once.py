"""64 strangers at once: the portal goes on saying that it lives, and operators get one mail."""

import sqlite3
import time
from contextlib import closing

import pytest

from tests.attacks import linked_user
from tests.attacks.web_server import WebServer, request, slow_mail_server
from tests.config.processes import manage, python
from tests.conftest import ALICE_AT_WEBEX

pytestmark = pytest.mark.slow


ANONYMOUS = {
    "too many parameters": request("GET", "/sign-in/?" + "a&" * 2001),
    "a host that is not ours": request("GET", "/", host="evil.example"),
    "not ready": request("GET", "/readyz/"),
    "a prefetch": request("GET", "/webex/callback/?code=a&state=b", "Sec-Purpose: prefetch"),
    "a page that is not there": request("GET", "/nowhere/"),
}


def link_alice(sandbox, **on):
    app = sandbox.register()
    tokens = sandbox.grant(ALICE_AT_WEBEX, app.client_id)
    registered = app.client_id, app.client_secret, app.authorization_url
    issued = tokens["access_token"], tokens["refresh_token"], tokens["scope"]
    code = (
        "import sys, django; django.setup(); from tests.attacks import linked_user\n"
        "print(linked_user.make(*sys.argv[1:]))"
    )
    done = python("-c", code, *registered, *issued, **on)
    assert done.returncode == 0, done.stdout
    return done.stdout.split()[-1]


@pytest.fixture(scope="module")
def portal(tmp_path_factory, running_sandbox):
    folder = tmp_path_factory.mktemp("siege")
    path = folder / "portal.sqlite3"
    database = f"sqlite:///{path}"
    done = manage("migrate", "-v0", DATABASE_URL=database)
    assert done.returncode == 0, done.stdout
    running_sandbox.reset()
    on = {"DATABASE_URL": database, "WEBEX_API_URL": running_sandbox.api_url}
    session = link_alice(running_sandbox, **on)
    with (
        slow_mail_server() as mail,
        WebServer(
            folder / "web.log",
            **on,
            EMAIL_URL=mail.url,
            ADMINS="operator@example.com",
        ) as server,
    ):
        server.mail, server.database, server.session = mail, path, session
        yield server


@pytest.mark.parametrize("raw", ANONYMOUS.values(), ids=ANONYMOUS)
def test_64_strangers_at_once_silence_neither_health_nor_operators(portal, raw):
    mails = portal.mail.visits

    siege = portal.besiege(raw)

    time.sleep(0.5)
    assert "" not in siege.answers, siege
    assert siege.slowest_health < 1, siege
    assert portal.mail.visits - mails <= 1


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
