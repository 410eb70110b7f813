"""How often a password may be guessed, and who is let through nevertheless.

A browser that signed in before has an allowance of its own, so that nobody can lock others out for
good (OWASP: device cookies, "Slow Down Online Guessing Attacks").
"""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from accounts.client_ip import client_ip
from accounts.models import SignInFailure

COOKIE = "__Host-known-browser" if settings.HTTPS else "known-browser"
SALT = "accounts.known_browser"
REMEMBERED = 180 * 24 * 3600  # seconds
MOST_USERS = 5  # of one browser
MANY = 5  # times as many failures are borne from a whole network, and for one name from anywhere


@dataclass(frozen=True)
class Attempt:
    username: str
    network: str
    browser: str

    @classmethod
    def of(cls, request: HttpRequest, username: str) -> "Attempt":
        name, browser = _digest(username), _known_browser(request)
        return cls(name, _network(client_ip(request)), browser.id if browser.knows(name) else "")

    def is_refused(self, now: datetime) -> bool:
        """Failures of the last ten minutes count. What is refused is none, and prolongs nothing."""
        limit: int = settings.SIGN_IN_FAILURE_LIMIT
        recent = SignInFailure.objects.recent(now)
        of_name = Q(username=self.username)
        if self.browser:
            return recent.filter(of_name, browser=self.browser).count() >= limit
        if recent.filter(of_name).count() >= MANY * limit:
            return True
        here = recent.filter(network=self.network) if self.network else recent.none()
        return here.filter(of_name).count() >= limit or here.count() >= MANY * limit

    def failed(self, now: datetime) -> None:
        SignInFailure.objects.forgettable(now).delete()
        SignInFailure.objects.create(at=now, **vars(self))


@dataclass(frozen=True)
class KnownBrowser:
    id: str
    usernames: tuple[str, ...] = ()

    def knows(self, username: str) -> bool:
        return username in self.usernames


def remember_browser(request: HttpRequest, response: HttpResponse, username: str) -> None:
    """Once somebody signed in with it."""
    browser, name = _known_browser(request), _digest(username)
    others = [each for each in browser.usernames if each != name]
    value = signing.dumps([browser.id, *[name, *others][:MOST_USERS]], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=REMEMBERED, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )


def _known_browser(request: HttpRequest) -> KnownBrowser:
    try:
        cookie = request.COOKIES.get(COOKIE, "")
        id, *usernames = signing.loads(cookie, salt=SALT, max_age=REMEMBERED)
    except signing.BadSignature:
        return KnownBrowser(secrets.token_hex(16))
    return KnownBrowser(id, tuple(usernames))


def _digest(username: str) -> str:
    return salted_hmac(SALT, username, algorithm="sha256").hexdigest()


def _network(address: str) -> str:
    """Whoever has one IPv6 address has the whole /64 (RFC 6177)."""
    if ":" not in address:
        return address
    found = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((found.packed, 64), strict=False))
