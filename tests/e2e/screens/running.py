"""The running demo, for who fills it: its sandbox, and people at its pages."""

import re
import time
from pathlib import Path

import requests

SETTLES = 30  # seconds
ENTERPRISE = "ParkBench+acme-corporation"


def sandbox() -> str:
    from django.conf import settings

    return settings.WEBEX_API_URL.removesuffix("/v1")


def webex(path: str, **values) -> None:
    requests.post(f"{sandbox()}/sandbox/{path}", json=values, timeout=10).raise_for_status()


def app_at_webex() -> str:
    page = requests.get(f"{sandbox()}/my-apps/", timeout=10).text
    return re.search(r'href="/my-apps/(?!new)([^"]+)"', page)[1]


def path_of(url: str) -> str:
    return "/" + url.replace("&amp;", "&").split("/", 3)[3]


def browser(username: str, hostname: str = "acme.localhost"):
    from accounts.models import User
    from tests.browsing import PortalClient

    client = PortalClient(host=hostname, sandbox=Webex())
    backend = "django.contrib.auth.backends.ModelBackend"
    client.force_login(User.objects.get(username=username), backend)
    return client


class Webex:
    """As PortalClient wants it, over HTTP."""

    def accept(self, url: str, email: str) -> str:
        from tests.e2e.conftest import Demo
        from tests.e2e.troubled_demo import World

        return World(Demo(Path(), 0, sandbox(), "", "", "")).consent(url, email)


def until(condition) -> None:
    deadline = time.monotonic() + SETTLES
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.3)
