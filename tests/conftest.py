"""People, hostnames and a Webex to talk to.

Alice and Bob may use Webex; Mallory may too and is up to no good; Nina may not. Root is the
superuser. `portal-a` and `portal-a2` use Acme's integration, `portal-b` uses Globex's.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.test import TransactionTestCase
from django.utils import translation

from accounts.models import User
from integrations import actor, clock, webex_share
from integrations.models import BrandedURL, Grant, WebexApp, kept_brands
from integrations.sandbox import Integration, Sandbox
from tests import as_migrated, linked
from tests.browsing import PortalClient
from tests.sharing_out import (  # noqa: F401  (pytest finds its hooks here)
    pytest_collection_modifyitems,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)
from tests.speed import pytest_collection  # noqa: F401

H1, H2, H3 = "portal-a.example.com", "portal-b.example.com", "portal-a2.example.com"
ALICE_AT_WEBEX, BOB_AT_WEBEX, CAROL_AT_WEBEX = (
    "alice@acme.example", "bob@globex.example", "carol@acme.example",
)  # fmt: skip


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, settings: Any) -> Sandbox:
    running_sandbox.reset()
    settings.WEBEX_API_URL = running_sandbox.api_url
    return running_sandbox


@pytest.fixture(autouse=True)
def _as_at_its_start() -> None:
    """Nothing kept in this process, nobody's language, nobody waiting for Webex, no command."""
    translation.deactivate()
    for each in caches.all(initialized_only=True):
        each.clear()
    kept_brands.kept.clear()
    actor.work_as("")
    vars(webex_share.share).update(vars(webex_share.Share()))


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(username: str, *, may_use_webex: bool = True, **fields: Any) -> User:
        user = User.objects.create_user(
            username, f"{username}@example.com", "correct horse", **fields
        )
        if may_use_webex:
            user.groups.add(Group.objects.get(name="Webex users"))
        return user

    return make


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    return make_user("alice", first_name="Alice", last_name="Adams")


@pytest.fixture
def bob(make_user: Callable[..., User]) -> User:
    return make_user("bob", first_name="Bob", last_name="Brown")


@pytest.fixture
def mallory(make_user: Callable[..., User]) -> User:
    return make_user("mallory")


@pytest.fixture
def nina(make_user: Callable[..., User]) -> User:
    return make_user("nina", may_use_webex=False)


@pytest.fixture
def root(make_user: Callable[..., User]) -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def make_app(sandbox: Sandbox) -> Callable[..., WebexApp]:
    def make(name: str, *hostnames: str, **registration: Any) -> WebexApp:
        brands = [BrandedURL(hostname=hostname, brand_name=name) for hostname in hostnames]
        redirect_uris = [brand.redirect_uri for brand in brands] or ["https://www.example.com"]
        registered: Integration = sandbox.register(
            name=name, redirect_uris=redirect_uris, **registration
        )
        now = clock.now()
        app = WebexApp(
            name=name,
            is_enabled=True,
            client_id=registered.client_id,
            authorization_url=registered.authorization_url,
            authorization_url_pasted_at=now,
        )
        app.replace_secret(registered.client_secret, now=now)
        app.save()
        for brand in brands:
            brand.app = app
            brand.save()
        return app

    return make


@pytest.fixture
def acme(db: None, make_app: Callable[..., WebexApp]) -> WebexApp:
    return make_app("Acme", H1, H3)


@pytest.fixture
def globex(db: None, make_app: Callable[..., WebexApp]) -> WebexApp:
    return make_app("Globex", H2)


@pytest.fixture
def browser(sandbox: Sandbox) -> Callable[..., PortalClient]:
    def open_browser(user: User | None, host: str = H1) -> PortalClient:
        client = PortalClient(host=host, sandbox=sandbox)
        if user:
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    return open_browser


@pytest.fixture
def alice_browser(
    alice: User, acme: WebexApp, browser: Callable[..., PortalClient]
) -> PortalClient:
    return browser(alice)


@pytest.fixture
def walked_alice(alice_browser: PortalClient, alice: User) -> Grant:
    """By the whole way through portal and Webex, which takes six times as long."""
    alice_browser.link(ALICE_AT_WEBEX)
    return Grant.objects.get(user=alice)


@pytest.fixture
def linked_alice(alice: User, acme: WebexApp, sandbox: Sandbox) -> Grant:
    brand = acme.branded_urls.get(hostname=H1)
    return linked.link(alice, brand, sandbox, email=ALICE_AT_WEBEX)


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the portal's clock; the sandbox has its own."""
    real, offset = clock.now, []

    def by(delta: Any) -> None:
        offset.append(delta)
        monkeypatch.setattr(clock, "now", lambda: sum(offset, start=real()))
        monkeypatch.setattr(clock, "lately", lambda: clock.now())

    return by


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SQLite in a file: in memory, threads would lock each other out instead of waiting."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        restore = as_migrated.remember()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: restore())
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_on_demand() -> None:
    """Speed only: or each new browser would make WhiteNoise read all of them."""
    django_settings.WHITENOISE_AUTOREFRESH = True
