"""An OpenID Connect provider over HTTP for tests: small, and able to misbehave in every way.

Nobody types a password there: a test says who signs in. `misbehave` changes what it answers.
"""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.browsing import query

SECRET = "the provider's secret"
KEYS = [RSAKey.generate_key(2048, {"use": "sig", "kid": kid}) for kid in ("one", "two")]


@dataclass
class Provider:
    url: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)  # claims, by code
    keys: list[RSAKey] = field(default_factory=lambda: KEYS[:1])
    sign: Callable[[dict[str, Any]], str] | None = None
    claims: dict[str, Any] = field(default_factory=dict)  # over those of every ID token
    metadata: dict[str, Any] = field(default_factory=dict)  # over that of its discovery document
    answers: dict[str, Any] = field(default_factory=dict)  # by path: a status, bytes, or seconds
    calls: list[str] = field(default_factory=list)  # paths
    forms: list[dict[str, str]] = field(default_factory=list)  # at the token endpoint
    on_token: Callable[[], None] | None = None

    def accept(self, url: str, sub: str = "alice-at-acme", **claims: Any) -> str:
        """Somebody signs in; the URL that their browser is sent back to."""
        asked, code = query(url), secrets.token_urlsafe(8)
        said = {"sub": sub, "nonce": asked["nonce"], "aud": asked["client_id"], **claims}
        self.people[code] = said | {"challenge": asked["code_challenge"]}
        back = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def refuse(self, url: str, error: str = "access_denied") -> str:
        asked = query(url)
        return f"{asked['redirect_uri']}?{urlencode({'error': error, 'state': asked['state']})}"

    def answer(self, path: str, form: dict[str, str]) -> Any:
        self.calls.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return self._document()
        if path == "/keys":
            return {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/token":
            self.forms.append(form)
            return self._tokens(form)
        return 404

    def _document(self) -> dict[str, Any]:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/logout",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return document | self.metadata

    def _tokens(self, form: dict[str, str]) -> Any:
        claims = self.people.pop(form.get("code", ""), None)
        if claims is None:
            return 400, {"error": "invalid_grant"}
        if self.on_token:
            self.on_token()
        now = int(time.time())
        claims = {"iss": self.url, "iat": now, "exp": now + 300, "auth_time": now, **claims}
        claims |= self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.sign(claims) if self.sign else signed(claims, self.keys[-1])
        return {"id_token": token, "access_token": "opaque", "token_type": "Bearer"}


def signed(claims: dict[str, Any], key: RSAKey, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._say({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._say({name: values[0] for name, values in parse_qs(body).items()})

    def _say(self, form: dict[str, str]) -> None:
        provider = self.server.provider
        answer = provider.answer(urlsplit(self.path).path, form)
        if isinstance(answer, float):
            time.sleep(answer)
            answer = 200
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(answer, int):
            status, body = answer, b""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{provider.url}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextlib.contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.provider = provider
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
