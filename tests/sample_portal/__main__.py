"""A portal of somebody else: its own sign-in and pages, and Webex through the API alone.

    python manage.py demo
    PORTAL_API=http://127.0.0.1:8000/api/v1 PORTAL_KEY=wim_… WEBHOOK_SECRET=whsec_… \
    PORTAL=http://acme.localhost:8000 WEBEX_API=http://127.0.0.1:9000/v1 \
    python -m tests.sample_portal 8550

The key needs standing:read, grants:read, connect-links:write and tokens:read, limited to the
hostname; the webhook leads to http://127.0.0.1:8550/webhooks. Then open
http://app.acme.localhost:8550/. A sample: it forgets everybody when it ends.
"""

import json
import os
import secrets
import sys
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request

from standardwebhooks import Webhook, WebhookVerificationError

from tests.sample_portal.manager import Manager, Refused, fetch

PAGES = Path(__file__).with_name("pages")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
LARGEST = 100_000  # bytes of a request
PORTAL = os.environ["PORTAL"]
WEBEX = os.environ["WEBEX_API"]
manager = Manager(
    os.environ["PORTAL_API"], os.environ["PORTAL_KEY"], urlsplit(PORTAL).hostname or ""
)
receiver = Webhook(os.environ["WEBHOOK_SECRET"])
signed_in: dict[str, str] = {}  # user names by the cookie of their browser
events: dict[str, dict[str, Any]] = {}  # by webhook-id: each is dealt with once


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gets: ClassVar = {
        "/webex-standing": "standing", "/webex-link": "link", "/webex-person": "person",
        "/events": "events_so_far",
    }  # fmt: skip
    posts: ClassVar = {"/sign-in": "sign_in", "/webhooks": "webhook"}

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path not in self.gets:
            self.send_page("/index.html" if path == "/" else path)
        elif self.user is None:
            self.send_json({"detail": "Sign in first."}, HTTPStatus.UNAUTHORIZED)
        else:
            self.answer(self.gets[path])

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path not in self.posts or length > LARGEST:
            self.close_connection = True
            return self.send_json({"detail": "No."}, HTTPStatus.BAD_REQUEST)
        self.body = self.rfile.read(length)
        return self.answer(self.posts[self.path])

    def answer(self, name: str) -> None:
        try:
            getattr(self, name)()
        except Refused as error:
            self.send_json({"detail": str(error)}, HTTPStatus.BAD_GATEWAY)

    # --- Who is it --------------------------------------------------------------------------

    @property
    def user(self) -> str | None:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("sample")
        return signed_in.get(cookie.value) if cookie else None

    def sign_in(self) -> None:
        """A portal asks for more than a name."""
        token, user = secrets.token_urlsafe(), parse_qs(self.body.decode())["user"][0]
        signed_in[token] = user
        cookie = f"sample={token}; HttpOnly; SameSite=Lax; Path=/"
        self.send(b"", "text/plain", HTTPStatus.SEE_OTHER, {"Location": "/", "Set-Cookie": cookie})

    # --- Webex, through the API -------------------------------------------------------------

    def standing(self) -> None:
        self.send_json(manager.standing(self.user or ""))

    def link(self) -> None:
        url = manager.connect_link(self.user or "")
        self.send(b"", "text/plain", HTTPStatus.SEE_OTHER, {"Location": url})

    def person(self) -> None:
        bearer = {"Authorization": f"Bearer {manager.access_token(self.user or '')}"}
        self.send_json(fetch(Request(f"{WEBEX}/people/me", headers=bearer)))

    def webhook(self) -> None:
        try:
            event = receiver.verify(self.body, dict(self.headers.items()))
        except (WebhookVerificationError, ValueError):  # the latter where it is no base64, no JSON
            return self.send_json({"detail": "Not signed by the manager."}, HTTPStatus.BAD_REQUEST)
        events.setdefault(self.headers["webhook-id"], event)
        return self.send_json({})

    def events_so_far(self) -> None:
        self.send_json(
            [each for each in events.values() if each["data"].get("user_name") == self.user]
        )

    # --- Answers ----------------------------------------------------------------------------

    def send_page(self, path: str) -> None:
        page = PAGES / Path(path).name
        if not page.is_file():
            return self.send_json({"detail": "There is no such page."}, HTTPStatus.NOT_FOUND)
        content = page.read_text().replace("{{ portal }}", PORTAL)
        return self.send(content.encode(), TYPES[page.suffix])

    def send_json(self, content: Any, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send(json.dumps(content).encode(), "application/json", status)

    def send(
        self,
        content: bytes,
        kind: str,
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> None:
        policy = (
            f"default-src 'none'; script-src 'self' {PORTAL}; style-src 'self'; img-src data:; "
        )
        policy += f"connect-src 'self' {PORTAL}; form-action 'self'; base-uri 'none'"
        sent = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content))}
        sent |= {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        self.send_response(status)
        for name, value in {**sent, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
