"""The ledger: every call that arrived and every token that was issued, for tests to read.

It only observes; nothing the sandbox decides depends on it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.sandbox.core.entities import Token
from integrations.sandbox.core.http import Request

SECRET_NAMES = {
    "access_token",
    "authorization",
    "client_secret",
    "code",
    "code_verifier",
    "cookie",
    "device_code",
    "password",
    "refresh_token",
    "token",
    "transaction",
}


@dataclass(slots=True, eq=False)
class Call:
    """One request. `at` is the sandbox's clock; `started` and `finished` are monotonic seconds.

    `status` is None until an answer is ready, and stays None when it is cut before the status.
    """

    at: float
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: Mapping[str, str]
    peer: str
    tracking_id: str
    client_id: str | None
    person_email: str | None
    grant_id: str | None
    started: float
    status: int | None = None
    finished: float | None = None

    @property
    def grant_type(self) -> str | None:
        return self.form.get("grant_type")


class Ledger:
    """`reuse` counts rotated refresh tokens that were presented again outside any grace,
    `provisions` how often each BroadWorks userId was asked to be provisioned: one that was there
    already, and so refused, counts too.
    """

    def __init__(self, lock: threading.RLock, maxlen: int | None = None) -> None:
        self._lock = lock
        self._calls: deque[Call] = deque(maxlen=maxlen)
        self._tokens: deque[Token] = deque(maxlen=maxlen)
        self._tips: dict[tuple[str, str], Token] = {}
        self._running: Counter[tuple[str, str]] = Counter()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._tokens.clear()
            self._tips.clear()
            self.provisions: Counter[str] = Counter()
            self.reuse = 0
            self.concurrency_per_grant = 0
            self.concurrency_per_client = 0

    @property
    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    @property
    def tokens(self) -> list[Token]:
        with self._lock:
            return list(self._tokens)

    def find(self, path: str | None = None, **values: Any) -> list[Call]:
        """Calls to a path whose attributes have these values, oldest first."""
        return [call for call in self.calls if _matches(call, path, values)]

    def count(self, path: str | None = None, **values: Any) -> int:
        return len(self.find(path, **values))

    def tip(self, person_email: str, client_id: str) -> str | None:
        """The refresh token last issued for a person and client: the end of the chain."""
        token = self._tips.get((person_email.lower(), client_id))
        return token.value if token else None

    def issued(self, token: Token) -> None:
        with self._lock:
            self._tokens.append(token)
            if token.kind == "refresh":
                self._tips[token.person_email.lower(), token.client_id] = token

    def arrived(self, request: Request, *, at: float, tokens: Mapping[str, Token]) -> Call:
        token = tokens.get(request.form.get("refresh_token") or request.bearer or "")
        call = Call(
            at=at,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            form=dict(request.form),
            headers=request.headers,
            peer=request.peer,
            tracking_id=request.tracking_id,
            client_id=_client_id(request, token),
            person_email=token.person_email if token else None,
            grant_id=token.grant_id if token else None,
            started=time.monotonic(),
        )
        if request.is_webex:
            with self._lock:
                self._calls.append(call)
                self._enter(call)
        return call

    def leaving(self, call: Call) -> None:
        """The answer is about to be complete at the client: the call no longer overlaps others."""
        with self._lock:
            if call.finished is None:
                call.finished = time.monotonic()
                self._running -= Counter(_concurrency_keys(call))  # drops what reaches zero

    def _enter(self, call: Call) -> None:
        for kind, value in _concurrency_keys(call):
            self._running[kind, value] += 1
            running = self._running[kind, value]
            if kind == "grant":
                self.concurrency_per_grant = max(self.concurrency_per_grant, running)
            else:
                self.concurrency_per_client = max(self.concurrency_per_client, running)


def masked(name: str, value: str) -> str:
    """A parameter's value as people may see it: secrets show their first six characters."""
    return f"{value[:6]}…" if name.lower() in SECRET_NAMES and value else value


def call_as_dict(call: Call) -> dict[str, Any]:
    return {
        "at": call.at,
        "method": call.method,
        "path": call.path,
        "query": {name: masked(name, value) for name, value in call.query.items()},
        "form": {name: masked(name, value) for name, value in call.form.items()},
        "status": call.status,
        "client_id": call.client_id,
        "person_email": call.person_email,
        "tracking_id": call.tracking_id,
    }


def token_as_dict(token: Token) -> dict[str, Any]:
    return {
        "value": masked("token", token.value),
        "kind": token.kind,
        "parent": masked("token", token.parent or "") or None,
        "client_id": token.client_id,
        "person_email": token.person_email,
        "issued_at": token.issued_at,
        "expires_at": token.expires_at,
    }


def _client_id(request: Request, token: Token | None) -> str | None:
    if request.basic_credentials:
        return request.basic_credentials[0]
    named = request.form.get("client_id") or request.query.get("client_id")
    return named or (token.client_id if token else None)


def _concurrency_keys(call: Call) -> list[tuple[str, str]]:
    if call.path != "/v1/access_token":
        return []
    keys = [("client", call.client_id), ("grant", call.grant_id)]
    return [(kind, value) for kind, value in keys if value]


def _matches(call: Call, path: str | None, values: Mapping[str, Any]) -> bool:
    if path is not None and call.path != path:
        return False
    return all(getattr(call, name) == value for name, value in values.items())
