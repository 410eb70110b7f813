"""A session that began at an identity provider: good at one hostname, while it is served by it.

Sessions lie in one table for all hostnames, so whoever copied the cookie to another one would be
signed in there, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from integrations.models import SignInRule, kept_brands
from integrations.portal_request import PortalRequest
from integrations.single_sign_on import doors
from integrations.single_sign_on.doors import Door
from integrations.single_sign_on.sign_in import Arrival

KEY = "single_sign_on"  # in the session
BACKEND = "django.contrib.auth.backends.ModelBackend"
PORTAL_RULE = "/sign-in-rule"  # which no Host header can name


@dataclass(frozen=True)
class Through:
    provider_id: int
    hostname: str
    counts_as_second_factor: bool


def of(request: HttpRequest) -> Through | None:
    """None where a password was typed."""
    found = request.session.get(KEY)
    return Through(*found) if found else None


def begin(request: PortalRequest, arrival: Arrival, *, now: datetime) -> None:
    """It ends after a set life, used or not: then the provider is asked anew."""
    request.signed_in_through = arrival.provider.name
    request.authenticated_at = arrival.authenticated_at
    login(request, arrival.user, backend=BACKEND)
    through = (arrival.provider.pk, hostname_of(request), arrival.counts_as_second_factor)
    request.session[KEY] = list(through)
    request.session.set_expiry(now + timedelta(seconds=settings.SSO_SESSION_AGE))


def hostname_of(request: PortalRequest) -> str:
    """BrandMiddleware found it among ours."""
    return request.brand.hostname if request.brand else request.get_host()


def door_of(request: PortalRequest) -> Door:
    return doors.at(hostname_of(request), request.brand)


def is_emergency(request: PortalRequest) -> bool:
    """A superuser came with a password where everybody else comes through the provider."""
    return of(request) is None and _serving(request)[1] == SignInRule.SINGLE


class SsoSessionMiddleware:
    """After Django's own, which says whose session it is; asked as late as that one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        found = request.user
        request.user = SimpleLazyObject(lambda: _user_here(request, found))
        return self.get_response(request)


def _user_here(request: Any, found: User) -> Any:
    request.user = found
    if found.is_authenticated and not _is_good_here(request, found):
        logout(request)
    return request.user


def _is_good_here(request: PortalRequest, user: User) -> bool:
    serving, rule = _serving(request)
    through = of(request)
    if through is None:
        return rule != SignInRule.SINGLE or (request.brand is None and user.is_superuser)
    return through.provider_id == serving and through.hostname == hostname_of(request)


def _serving(request: PortalRequest) -> tuple[int | None, str]:
    """The provider that lets people in here, and the rule. The portal's own is kept for seconds,
    for who only looks."""
    if request.brand is None and request.method in ("GET", "HEAD"):
        found: tuple[int | None, str] | None = kept_brands.find(PORTAL_RULE)
        if found is None:
            found = _facts(door_of(request))
            kept_brands.keep(PORTAL_RULE, found)
        return found
    return _facts(door_of(request))


def _facts(door: Door) -> tuple[int | None, str]:
    return door.provider_id, str(door.rule)
