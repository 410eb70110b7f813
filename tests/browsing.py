"""A browser for tests: https, one hostname, and it can walk through Webex's pages."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client

from integrations.sandbox import Sandbox

REFUSED = "Linking could not be completed. Please start again."


class PortalClient(Client):
    def __init__(self, *, host: str, sandbox: Sandbox, **extra: Any) -> None:
        super().__init__(HTTP_HOST=host, **extra)
        self.sandbox = sandbox

    def generic(self, method: str, path: str, *args: Any, **extra: Any) -> HttpResponse:
        return super().generic(method, path, *args, **{**extra, "secure": True})

    def start(self, **fields: str) -> str:
        """Presses "Link my Webex account"; returns the URL at Webex that the browser is sent to."""
        page = self.post("/webex/connect/", fields)
        assert page.status_code == 200, page.status_code
        target = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
        assert target, page.text
        return html.unescape(target[1])

    def come_back(self, redirect: str) -> HttpResponse:
        url = urlsplit(redirect)
        return self.get(f"{url.path}?{url.query}")

    def link(self, webex_email: str, **fields: str) -> HttpResponse:
        return self.come_back(self.sandbox.accept(self.start(**fields), webex_email))

    def decline(self, webex_email: str) -> HttpResponse:
        return self.come_back(self.sandbox.decline(self.start(), webex_email))

    def badge(self) -> str:
        page = self.get("/my-account/").text
        marks = set(re.findall(r'data-webex="([a-z-]+)"', page))
        assert len(marks) <= 1, marks
        return marks.pop() if marks else ""


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
