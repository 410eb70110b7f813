"""Acme's integration allows linking from another device; a login walks through its states."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from integrations.linking import device_polling
from integrations.models import DeviceAuthorization, WebexApp
from integrations.sandbox import Sandbox
from integrations.sandbox.webex.device import HELPERS, decide
from integrations.webex.oauth import Client
from tests.browsing import PortalClient

AUTHORIZE, TOKEN = "/v1/device/authorize", "/v1/device/token"


@pytest.fixture
def device_acme(acme: WebexApp, sandbox: Sandbox) -> WebexApp:
    sandbox.state.integrations[acme.client_id].redirect_uris += tuple(HELPERS)
    acme.device_linking_enabled = True
    acme.save()
    return acme


@pytest.fixture
def acme_client(device_acme: WebexApp) -> Client:
    return Client(device_acme.client_id, device_acme.client_secret)


@dataclass
class Login:
    """A device login that somebody started in the portal."""

    browser: PortalClient
    path: str
    pass_time: Callable[[float], None]

    @property
    def row(self) -> DeviceAuthorization:
        return DeviceAuthorization.objects.get(pk=self.path.split("/")[3])

    @property
    def status(self) -> dict[str, Any]:
        return json.loads(self.browser.get(f"{self.path}status/").content)

    @property
    def state(self) -> str:
        return str(self.status["state"])

    def accept(self, email: str) -> None:
        decide(self.browser.sandbox.state, self.row.user_code, email)

    def decline(self, email: str) -> None:
        decide(self.browser.sandbox.state, self.row.user_code, email, accept=False)

    def poll(self, *, after: float = 2) -> None:
        """Lets the time pass and a worker look."""
        self.pass_time(after)
        device_polling.poll_due(seconds=0.25)

    def page(self) -> str:
        return self.browser.get(self.path, follow=True).text


@pytest.fixture
def pass_time(sandbox: Sandbox, travel: Callable[..., None]) -> Callable[[float], None]:
    """For the portal and for Webex."""

    def pass_seconds(seconds: float) -> None:
        sandbox.advance(seconds)
        travel(timedelta(seconds=seconds))

    return pass_seconds


@pytest.fixture
def start(
    device_acme: WebexApp,
    browser: Callable[..., PortalClient],
    pass_time: Callable[[float], None],
) -> Callable[[User], Login]:
    def start_login(user: User) -> Login:
        theirs = browser(user)
        answer = theirs.post("/webex/device/")
        assert answer.status_code == 303, answer.text
        return Login(theirs, answer["Location"], pass_time)

    return start_login


@pytest.fixture
def login(start: Callable[[User], Login], alice: User) -> Login:
    return start(alice)
