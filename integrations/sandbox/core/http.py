"""HTTP as the sandbox's handlers see it: requests, answers, refusals and the route table.

No sockets here (server.py) and nothing about OAuth.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

Handler = Callable[..., "Response"]


class Params(dict[str, str]):
    """Query or form parameters: the first value of each, and the names that came repeatedly."""

    def __init__(self, encoded: str) -> None:
        super().__init__()
        self.pairs = parse_qsl(encoded, keep_blank_values=True)
        self.repeated: set[str] = set()
        for name, value in self.pairs:
            if name in self:
                self.repeated.add(name)
            self.setdefault(name, value)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


@dataclass(eq=False)
class Request:
    """One request; header names are lower case, `target` is path and query as sent."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = ""
    tracking_id: str = field(default_factory=lambda: f"ROUTERGW_{uuid.uuid4()}")

    @cached_property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> Params:
        return Params(self.target.partition("?")[2])

    @cached_property
    def form(self) -> Params:
        encoded = self.content_type == "application/x-www-form-urlencoded"
        return Params(self.body.decode("utf-8", "replace") if encoded else "")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/v1/")

    @property
    def is_webex(self) -> bool:
        """Whether Webex has such a path too: not the developer portal, not the control page."""
        return self.path.startswith(("/v1/", "/idb/"))

    @cached_property
    def basic_credentials(self) -> tuple[str, str] | None:
        """Client id and secret of an `Authorization: Basic` header (RFC 6749 section 2.3.1)."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, secret

    @property
    def bearer(self) -> str | None:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else None

    def json(self) -> dict[str, Any]:
        """The JSON object in the body. Raises ApiError 415 or 400."""
        if self.content_type != "application/json":
            raise ApiError(415, "Send application/json.")
        try:
            value = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            raise ApiError(400, "The body is not JSON.") from None
        if not isinstance(value, dict):
            raise ApiError(400, "The body is not a JSON object.")
        return value


@dataclass
class Response:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def status_line(self) -> str:
        try:
            return f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"HTTP/1.1 {self.status} Status"


def json_answer(value: Any, status: int = 200) -> Response:
    body = json.dumps(value).encode()
    return Response(status, body, {"Content-Type": "application/json;charset=utf-8"})


def redirect(location: str, status: int = 302) -> Response:
    return Response(status, b"", {"Location": location})


class Refusal(Exception):
    """Whatever a handler refuses; knows how to say so on the wire."""

    def response(self, request: Request) -> Response:
        raise NotImplementedError


class ApiError(Refusal):
    """A refusal in the gateway's JSON envelope (contract 8.1); an error with a code or a field is
    given as an object (contract 15).
    """

    def __init__(self, status: int, message: str, *errors: str | Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors

    def response(self, request: Request) -> Response:
        envelope: dict[str, Any] = {"message": self.message, "trackingId": request.tracking_id}
        if self.errors:
            envelope["errors"] = [
                {"description": error} if isinstance(error, str) else dict(error)
                for error in self.errors
            ]
        return json_answer(envelope, self.status)


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler


class Routes:
    """The route table of one file; `{}` in a path stands for one segment, handed to the handler."""

    def __init__(self) -> None:
        self.entries: list[Route] = []

    def __call__(self, method: str, path: str) -> Callable[[Handler], Handler]:
        pattern = re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))

        def add(handler: Handler) -> Handler:
            self.entries.append(Route(method, pattern, handler))
            return handler

        return add


def find(routes: Iterable[Route], request: Request) -> tuple[Handler, tuple[str, ...]]:
    """The handler for a request and its path segments. Raises ApiError 404 or 405."""
    other_methods = False
    for route in routes:
        match = route.pattern.fullmatch(request.path)
        if match and route.method == request.method:
            return route.handler, match.groups()
        other_methods = other_methods or match is not None
    if other_methods:
        raise ApiError(405, "The method is not allowed for this resource.")
    missing = "The requested resource could not be found."
    raise ApiError(404, missing, missing)
