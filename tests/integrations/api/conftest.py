"""Programs with keys: `client(KeyScope…)` asks at the portal's own host, or at `host`."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from integrations import clock
from integrations.api import rate_limit
from integrations.models import ApiKey, BrandedURL, WebexApp
from integrations.operations import api_keys

SERVERS_HOST = "admin.example.com"
API = "/api/v1"


class Program(Client):
    """Speaks JSON over https with one key, or none."""

    def __init__(self, secret: str = "", *, host: str = SERVERS_HOST, **extra: Any) -> None:
        sent = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
        super().__init__(HTTP_HOST=host, **sent, **extra)

    def ask(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        sent = {"content_type": "application/json"} if body is not None else {}
        send = getattr(self, method.lower())
        data = {} if body is None else {"data": body}
        return send(f"{API}{path}", **data, **sent, secure=True, **extra)


def code(answer: Any) -> tuple[int, str]:
    """Of a problem."""
    return answer.status_code, answer.json().get("code", "none")


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """All at the same moment, each in a thread with a connection of its own."""
    start = threading.Barrier(len(acts))

    def act(which: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return which()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


@pytest.fixture(autouse=True)
def no_allowance_is_kept() -> None:
    for each in (rate_limit.allowances, rate_limit.of_pages):
        each.__init__()  # type: ignore[misc]


@pytest.fixture
def make_key(db: None) -> Callable[..., tuple[ApiKey, str]]:
    def make(
        *scopes: str,
        apps: Iterable[WebexApp] | None = None,
        hostnames: Iterable[str] | None = None,
        expires_at: datetime | None = None,
        name: str = "billing",
    ) -> tuple[ApiKey, str]:
        now = clock.now()
        brands = BrandedURL.objects.filter(hostname__in=hostnames or ())
        return api_keys.make(
            name=name,
            scopes=scopes,
            app_ids=None if apps is None else [app.pk for app in apps],
            hostname_ids=None if hostnames is None else [brand.pk for brand in brands],
            expires_at=expires_at or now + timedelta(days=90),
            by=None,
            now=now,
        )

    return make


@pytest.fixture
def program(make_key: Callable[..., tuple[ApiKey, str]]) -> Callable[..., Program]:
    def make(*scopes: str, host: str = SERVERS_HOST, **limits: Any) -> Program:
        return Program(make_key(*scopes, **limits)[1], host=host)

    return make
