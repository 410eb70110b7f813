"""Pat is a partner administrator at Webex, and may provision here."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from integrations import clock
from integrations.models import BrandedURL, WebexApp
from integrations.provisioning import caller
from integrations.provisioning.caller import Caller
from integrations.sandbox import Sandbox
from integrations.sandbox.core.broadworks import PARTNERS
from tests import linked
from tests.browsing import PortalClient
from tests.conftest import H1

PAT_AT_WEBEX = "pat@parkbench.example"
PARK_BENCH = PARTNERS[0]
ENTERPRISE = "ParkBench+new"
LIST, NEW = "/webex/subscribers/", "/webex/subscribers/new/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def small_sandbox(sandbox: Sandbox) -> Sandbox:
    """A data set that is there at once; nothing takes longer than it must."""
    sandbox.state.subscribers = 600
    sandbox.scenario.update({"provision_seconds": 3, "first_user_seconds": 3})
    return sandbox


@pytest.fixture
def pip_at_webex(small_sandbox: Sandbox) -> str:
    """Administers the same organisation as Pat."""
    email = "pip@parkbench.example"
    if small_sandbox.state.person_by_email(email) is None:
        roles = ["Partner Full Administrator"]
        small_sandbox.add_person(email=email, org_name=PARK_BENCH.name, roles=roles)
    return email


@pytest.fixture
def pat(make_user: Callable[..., User]) -> User:
    user = make_user("pat", first_name="Pat", last_name="Partner")
    user.groups.add(Group.objects.get(name="Webex provisioning"))
    return user


@pytest.fixture
def park_bench(small_sandbox: Sandbox, acme: WebexApp) -> WebexApp:
    acme.default_provisioning_id = PARK_BENCH.trusted_provisioning_id
    acme.save()
    return acme


@pytest.fixture
def pat_browser(
    pat: User,
    park_bench: WebexApp,
    small_sandbox: Sandbox,
    browser: Callable[..., PortalClient],
) -> PortalClient:
    brand = BrandedURL.objects.get(hostname=H1)
    linked.link(pat, brand, small_sandbox, email=PAT_AT_WEBEX)
    return browser(pat)


@pytest.fixture
def as_pat(pat_browser: PortalClient, pat: User) -> Callable[[], Caller]:
    """A new page of Pat's, at the time it is."""
    brand = BrandedURL.objects.get(hostname=H1)
    return lambda: caller.of(pat, brand, now=clock.now())


@pytest.fixture
def new_user() -> Callable[..., dict[str, str]]:
    def fields(user_id: str = "ada@parkbench.example", **changed: str) -> dict[str, str]:
        return {
            "userId": user_id,
            "spEnterpriseId": ENTERPRISE,
            "firstName": "Ada",
            "lastName": "Abbott",
            "email": "ada.abbott@new.example",
            "package": "standard",
            "extension": "5123",
            "provisioningId": PARK_BENCH.trusted_provisioning_id,
            **changed,
        }

    return fields


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def provision(browser: PortalClient, values: dict[str, str]) -> str:
    answer = browser.post(NEW, {**values, "action": "provision"})
    assert answer.status_code == 303, text(answer)
    return answer["Location"]


def live_url(browser: PortalClient) -> str:
    """What the list asks for again and again while something on it moves."""
    page = browser.get(f"{LIST}?enterprise={quote(ENTERPRISE)}").content.decode()
    return html.unescape(re.search(r'hx-get="([^"]*/live/[^"]*)"', page)[1])
