"""Two brands with an identity provider each: Acme's at H1, Globex's at H2."""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from integrations import clock
from integrations.models import BrandedURL, IdentityProvider, SignInRule
from integrations.models.webex_app import fingerprint
from tests.browsing import PortalClient
from tests.conftest import H1, H2
from tests.identity_provider import SECRET, Provider, serving

ADMIN = "admin.example.com"


@pytest.fixture(autouse=True)
def _near_providers(settings: Any) -> None:
    settings.SSO_PRIVATE_HOSTS = ["127.0.0.1"]


@pytest.fixture
def acme_idp() -> Iterator[Provider]:
    with serving(Provider()) as provider:
        yield provider


@pytest.fixture
def globex_idp() -> Iterator[Provider]:
    with serving(Provider()) as provider:
        yield provider


def register(name: str, idp: Provider, **fields: Any) -> IdentityProvider:
    return IdentityProvider.objects.create(
        name=name,
        issuer=idp.url,
        client_id=f"portal of {name}",
        client_secret=SECRET,
        client_secret_set_at=clock.now(),
        client_secret_fingerprint=fingerprint(SECRET),
        is_enabled=True,
        **fields,
    )


def serve(hostname: str, provider: IdentityProvider, rule: SignInRule = SignInRule.BOTH) -> None:
    brands = BrandedURL.objects.filter(hostname=hostname)
    assert brands.update(identity_provider=provider, sign_in_rule=rule) == 1


@pytest.fixture
def acme_provider(acme: Any, acme_idp: Provider) -> IdentityProvider:
    provider = register("Acme", acme_idp)
    serve(H1, provider)
    return provider


@pytest.fixture
def globex_provider(globex: Any, globex_idp: Provider) -> IdentityProvider:
    provider = register("Globex", globex_idp)
    serve(H2, provider)
    return provider


@pytest.fixture
def visitor(browser: Callable[..., PortalClient], acme_provider: Any) -> PortalClient:
    return browser(None)


def leave(client: PortalClient, **fields: str) -> str:
    """Presses "Sign in with …"; the URL at the provider."""
    page = client.post("/sign-in/through/", fields)
    assert page.status_code == 200, page.text
    target = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert target, page.text
    return html.unescape(target[1])


def sign_in(client: PortalClient, idp: Provider, sub: str = "alice-at-acme", **claims: Any) -> Any:
    return client.come_back(idp.accept(leave(client), sub, **claims))


def who(client: PortalClient) -> str:
    """The user name of who is signed in; empty: nobody."""
    page = client.get("/my-account/")
    found = re.search(r"User name</dt>\s*<dd[^>]*>\s*([^<\s]+)", page.text)
    return found[1] if found else ""


def refused(response: Any, sentence: str = "do not fit together") -> bool:
    assert response.status_code in (400, 403, 503), response.status_code
    assert sentence in response.text
    return not User.objects.exists()
