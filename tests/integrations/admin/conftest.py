"""Staff at the portal's own host: Vera may look, Ed may change integrations, Paula is a
provisioning administrator, Sam is in support."""

from collections.abc import Callable, Iterable

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache

from accounts.models import User
from integrations.models import BrandedURL, WebexApp
from tests.browsing import PortalClient

ADMIN_HOST = "admin.example.com"


@pytest.fixture(autouse=True)
def no_count_is_kept() -> None:
    cache.clear()


@pytest.fixture
def free(db: None) -> BrandedURL:
    """A hostname that no integration has taken."""
    return BrandedURL.objects.create(hostname="free.example.com")


@pytest.fixture
def staff(make_user: Callable[..., User], browser: Callable[..., PortalClient]):
    def sign_in(username: str, *codenames: str, group: str = "") -> PortalClient:
        user = make_user(username, may_use_webex=False, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        assert user.user_permissions.count() == len(codenames)
        if group:
            user.groups.add(Group.objects.get(name=group))
        return browser(user, ADMIN_HOST)

    return sign_in


@pytest.fixture
def vera(staff) -> PortalClient:
    looks = ("view_webexapp", "view_grant", "view_grantevent", "view_brandedurl", "view_user")
    return staff("vera", *looks)


@pytest.fixture
def ed(staff) -> PortalClient:
    return staff("ed", "view_webexapp", "change_webexapp")


@pytest.fixture
def paula(staff) -> PortalClient:
    return staff("paula", group="Provisioning administrators")


@pytest.fixture
def sam(staff) -> PortalClient:
    return staff("sam", group="Webex support")


@pytest.fixture
def the_root(root: User, browser: Callable[..., PortalClient]) -> PortalClient:
    return browser(root, ADMIN_HOST)


def fields(app: WebexApp, **changes: object) -> dict[str, object]:
    """What the change form of this integration posts if nobody touches it."""
    values: dict[str, object] = {
        "name": app.name,
        "authorization_url": app.authorization_url,
        "client_id": app.client_id,
        "new_client_secret": "",
        "default_provisioning_id": "",
        "hostnames_added": "",
        "hostnames_removed": "",
        "new_hostnames": "",
    }
    return values | ({"is_enabled": "on"} if app.is_enabled else {}) | changes


def change(client: PortalClient, app: WebexApp, **changes: object):
    """Sends the change form; None as a value leaves that field out, like an unticked box.

    `hostnames` are the ones that shall be selected in the end.
    """
    if "hostnames" in changes:
        changes |= moved(app, changes.pop("hostnames"))
    posted = {name: value for name, value in fields(app, **changes).items() if value is not None}
    return client.post(f"/admin/integrations/webexapp/{app.pk}/change/", posted)


def moved(app: WebexApp, wanted: Iterable[BrandedURL]) -> dict[str, str]:
    """What the two lists post, so that these are selected in the end."""
    before = {brand.hostname for brand in app.branded_urls.all()}
    after = {brand.hostname for brand in wanted}
    added, removed = "\n".join(sorted(after - before)), "\n".join(sorted(before - after))
    return {"hostnames_added": added, "hostnames_removed": removed}


def errors(response) -> dict[str, str]:
    form = response.context["adminform"].form
    return {name: " ".join(found) for name, found in form.errors.items()}
