"""Programs with keys: `client(KeyScope…)` asks at the portal's own host, or at `host`."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
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


@pytest.fixture(autouse=True)
def no_allowance_is_kept() -> None:
    rate_limit.allowances.__init__()  # type: ignore[misc]


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
