"""One portal on SQLite for all attacks, with a slow mail server and Alice linked and signed in."""

import pytest

from tests.attacks.web_server import WebServer, slow_mail_server
from tests.config.processes import manage, python
from tests.conftest import ALICE_AT_WEBEX


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
