"""Who calls: a server with its key, or a page of the portal with the session of who looks at it.

Keys answer at PORTAL_HOSTS; at a branded host only those that are limited to hostnames of which
this is one, and there they reach this brand alone: no customer learns of another.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from accounts.client_ip import client_ip
from accounts.models import User
from integrations import clock
from integrations.api.problems import Problem
from integrations.api.rate_limit import allowances, of_pages
from integrations.errors import KeyRefused
from integrations.models import ApiKey, BrandedURL
from integrations.models.api_key import KeyScope, Reach
from integrations.operations import api_keys
from integrations.portal_request import PortalRequest

EVERYTHING = Reach()


@dataclass(frozen=True)
class Client:
    """A key with what it reaches here, or the user of a session at this hostname."""

    key: ApiKey | None = None
    user: User | None = None
    brand: BrandedURL | None = None
    reach: Reach = EVERYTHING

    @cached_property
    def now(self) -> datetime:
        """Of this request, for routes that need it: a mere look does without a query for it."""
        return clock.now()

    @property
    def maker(self) -> User | None:
        """Of the key: what they administer bounds what it may ask about."""
        return self.key.created_by if self.key else None

    @property
    def owner(self) -> str:
        return f"key {self.key.pk}" if self.key else f"user {self.user and self.user.pk}"


class ApiRequest(PortalRequest):
    """What routes get."""

    auth: Client
    api_key: ApiKey
    acts_for_id: int  # whose name a key acts in


class Key(HttpBearer):
    def __init__(self, scope: KeyScope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: ApiRequest, token: str) -> Client:  # type: ignore[override]
        now = clock.lately()
        try:
            key = api_keys.authenticate(token, address=client_ip(request), now=now)
        except KeyRefused as error:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise Problem(401, error.reason, _refusals()[error.reason], headers=headers) from None
        request.api_key = key
        allowances.spend(key, now=now)
        if self.scope not in key.scopes:
            text = _("This key lacks the scope %(scope)s.") % {"scope": self.scope}
            challenge = f'Bearer error="insufficient_scope", scope="{self.scope}"'
            headers = {"WWW-Authenticate": challenge}  # RFC 6750 section 3.1
            raise Problem(403, "scope_missing", text, headers=headers)
        return Client(key=key, brand=request.brand, reach=_reach_at(request.brand, key))


class Session(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: ApiRequest) -> Client | None:  # type: ignore[override]
        """None where nobody is signed in, and where another way of authentication was tried."""
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        of_pages.spend(request.user.pk)
        if check_csrf(request):
            text = _("Send the token of this session as X-CSRFToken (GET /api/v1/session).")
            raise Problem(403, "csrf_token_missing", text)
        return Client(user=request.user, brand=request.brand)

    def authenticate(self, request: object, key: str | None) -> None:
        """Of the library; not asked."""


def _reach_at(brand: BrandedURL | None, key: ApiKey) -> Reach:
    if brand is None:
        return key.reach
    reach = key.reach
    if reach.hostname_ids is None or brand.pk not in reach.hostname_ids:
        text = _("At this hostname only keys work that are limited to it.")
        raise Problem(403, "wrong_host", text)
    return Reach(reach.app_ids, frozenset([brand.pk]))


def _refusals() -> dict[str, str]:
    return {
        "unknown_key": _("This is no API key of this portal."),
        "expired_key": _("This API key has expired. An administrator can make a successor."),
        "revoked_key": _("This API key was revoked."),
    }
