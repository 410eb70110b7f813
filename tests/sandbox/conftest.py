"""One sandbox for the whole folder, empty before each test, and a plain HTTP client for it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from integrations.sandbox import Integration, Sandbox
from integrations.sandbox.core.broadworks import PARTNERS
from integrations.sandbox.core.scopes import SCOPES
from tests.sandbox.openapi import faults

REDIRECT_URI = "https://portal.example.net/webex/callback/"
ALICE, BOB = "alice@acme.example", "bob@globex.example"
PAT, NORA = "pat@parkbench.example", "nora@northernvoice.example"
SUBSCRIBERS = "/v1/broadworks/subscribers"
ENTERPRISES = "/v1/broadworks/enterprises"
REPORTS = "/v1/broadworks/billing/reports"
ACME = "ParkBench+acme-corporation"
ANNA = {
    "provisioningId": PARTNERS[0].trusted_provisioning_id,
    "userId": "anna@acme.example",
    "spEnterpriseId": ACME,
    "firstName": "Anna",
    "lastName": "Berg",
    "package": "standard",
    "email": "anna.berg@acme.example",
    "extension": "4711",
}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["Location"] or ""


class Client:
    """Speaks HTTP to one sandbox, each request on a connection of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=5)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, *, token: str | None = None, **headers: str) -> Answer:
        return self._with_token("GET", path, token, headers)

    def delete(self, path: str, *, token: str | None = None, **headers: str) -> Answer:
        return self._with_token("DELETE", path, token, headers)

    def post(self, path: str, /, *, headers: dict[str, str] | None = None, **form: Any) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = urlencode(form, doseq=True)
        return self.send("POST", path, body=body, headers=kind | (headers or {}))

    def post_json(self, path: str, /, **value: Any) -> Answer:
        kind = {"Content-Type": "application/json"}
        return self.send("POST", path, body=json.dumps(value), headers=kind)

    def _with_token(
        self, method: str, path: str, token: str | None, headers: dict[str, str]
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return self.send(method, path, headers=headers | bearer)

    def exchange(self, app: Integration, code: str, /, **changes: Any) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "code": code,
            "redirect_uri": REDIRECT_URI,
        }
        return self._token_call(form | changes)

    def refresh(self, app: Integration, refresh_token: str, /, **changes: Any) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "refresh_token": refresh_token,
        }
        return self._token_call(form | changes)

    def _token_call(self, form: dict[str, Any]) -> Answer:
        headers = form.pop("headers", None)
        kept = {name: value for name, value in form.items() if value is not None}
        return self.post("/v1/access_token", headers=headers, **kept)


class Administrator:
    """Somebody with a token, whose every answer is held against Cisco's description."""

    def __init__(self, sandbox: Sandbox, email: str, *scopes: str) -> None:
        self.sandbox = sandbox
        self.client = Client(sandbox)
        app = sandbox.register(redirect_uris=[REDIRECT_URI], scopes=SCOPES)
        self.token = str(sandbox.grant(email, app.client_id, scopes or SCOPES)["access_token"])

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def items(self, path: str) -> list[dict[str, Any]]:
        return list(self.get(path).json["items"])

    def call(self, method: str, path: str, value: Any = None, /) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"}
        if value is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
        body = b"" if value is None else json.dumps(value)
        answer = self.client.send(method, path, body=body, headers=headers)
        content = answer.json if answer.body and answer.status < 400 else None
        assert faults(method, path, answer.status, content) == [], f"{method} {path}"
        return answer

    def provision(self, **changes: str) -> dict[str, Any]:
        values = {name: value for name, value in (ANNA | changes).items() if value}
        answer = self.call("POST", SUBSCRIBERS, values)
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def subscriber(self, subscriber_id: str) -> dict[str, Any]:
        return dict(self.get(f"{SUBSCRIBERS}/{subscriber_id}").json)


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def authorize_url(app: Integration, **changes: str | None) -> str:
    """The integration's authorization URL with parameters changed, or with None left out."""
    base, _, query = app.authorization_url.partition("?")
    merged = {name: values[0] for name, values in parse_qs(query).items()} | changes
    kept = {name: value for name, value in merged.items() if value is not None}
    return f"{base}?{urlencode(kept)}"


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="package")
def running() -> Iterator[Sandbox]:
    with Sandbox(subscribers=500) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.reset()
    running.state.integrations.clear()
    return running


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def app(sandbox: Sandbox) -> Integration:
    return sandbox.register(name="Acme Portal", redirect_uris=[REDIRECT_URI])


@pytest.fixture
def refresh_token(sandbox: Sandbox, app: Integration) -> str:
    """Alice's, of a consent that was given before the test began."""
    return str(sandbox.grant(ALICE, app.client_id)["refresh_token"])


@pytest.fixture
def code(sandbox: Sandbox, app: Integration) -> str:
    return parameters(sandbox.accept(app.authorization_url, ALICE))["code"]


@pytest.fixture
def pat(sandbox: Sandbox) -> Administrator:
    """Administers Park Bench, the partner of Acme Corporation."""
    return Administrator(sandbox, PAT)


@pytest.fixture
def nora(sandbox: Sandbox) -> Administrator:
    """Administers another partner."""
    if sandbox.state.person_by_email(NORA) is None:
        roles = ["Partner Full Administrator"]
        sandbox.add_person(email=NORA, org_name="Northern Voice", roles=roles)
    return Administrator(sandbox, NORA)
