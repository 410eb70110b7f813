"""A browser that speaks HTTP/2 over checked TLS and keeps cookies, and a few that never rest."""

import html
import re
import threading
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pycurl

from integrations.sandbox import Sandbox


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    seconds: float
    location: str


class Browser:
    def __init__(self, host: str, port: int, authority: Path) -> None:
        self.origin = f"https://{host}:{port}"
        self.curl = pycurl.Curl()
        self.options = {
            pycurl.RESOLVE: [f"{host}:{port}:127.0.0.1"],
            pycurl.CAINFO: str(authority),
            pycurl.COOKIEFILE: "",
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
            pycurl.TIMEOUT: 60,
            pycurl.NOSIGNAL: 1,
        }

    def get(self, path: str) -> Page:
        return self._ask(path, {pycurl.HTTPGET: 1})

    def post(self, path: str, on: Page, **fields: str) -> Page:
        """A form of that page."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', on.text)
        assert token, on.text
        body = urlencode({"csrfmiddlewaretoken": token[1], **fields})
        headers = [f"Origin: {self.origin}", f"Referer: {self.origin}/"]
        return self._ask(path, {pycurl.POSTFIELDS: body, pycurl.HTTPHEADER: headers})

    def _ask(self, path: str, options: dict[int, object]) -> Page:
        body = BytesIO()
        self.curl.setopt(pycurl.HTTPHEADER, [])
        url = path if path.startswith("https://") else self.origin + path
        for name, value in {**self.options, **options, pycurl.URL: url}.items():
            self.curl.setopt(name, value)
        self.curl.setopt(pycurl.WRITEFUNCTION, body.write)
        self.curl.perform()
        return Page(
            self.curl.getinfo(pycurl.RESPONSE_CODE),
            body.getvalue().decode(errors="replace"),
            self.curl.getinfo(pycurl.TOTAL_TIME),
            self.curl.getinfo(pycurl.REDIRECT_URL) or "",
        )

    def cookies(self) -> str:
        rows = [line.split("\t") for line in self.curl.getinfo(pycurl.INFO_COOKIELIST)]
        return "; ".join(f"{row[-2]}={row[-1]}" for row in rows)

    def sign_in(self, username: str, password: str) -> None:
        page = self.post("/sign-in/", self.get("/sign-in/"), username=username, password=password)
        assert page.status == 302, page.text

    def link(self, sandbox: Sandbox, email: str) -> str:
        """The whole way of a consent; what the badge says in the end."""
        page = self.post("/webex/connect/", self.get("/webex/"))
        target = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
        assert target, page.text
        back = self.get(sandbox.accept(html.unescape(target[1]), email))
        assert back.status == 303, back.text
        return self.badge()

    def badge(self) -> str:
        found = re.search(r'data-webex="([a-z-]+)"', self.get("/my-account/").text)
        return found[1] if found else ""


@dataclass
class Load:
    """Light: each of a few signed-in people asks for a page, or sends a form, again and again."""

    browsers: list[Browser]
    pause: float = 0.05  # seconds between two requests of one
    pages: int = 0
    slowest: float = 0.0  # seconds
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._browse, args=[b]) for b in self.browsers]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _browse(self, browser: Browser) -> None:
        while not self._ended.wait(self.pause):
            began = time.monotonic()
            try:
                page = browser.get("/webex/")
                self._note(page, began)
                if page.status == 200:
                    self._note(browser.post("/webex/connect/", page), time.monotonic())
            except pycurl.error as error:
                self.failures.append(f"no answer ({error.args[0]})")

    def _note(self, page: Page, began: float) -> None:
        self.pages += 1
        self.slowest = max(self.slowest, page.seconds)
        if page.status != 200:
            self.failures.append(str(page.status))
