"""Staff at the portal's own host: Vera may look, Ed may change integrations, Paula is a
provisioning administrator, Sam is in support."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from tests.browsing import PortalClient

ADMIN_HOST = "admin.example.com"


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
