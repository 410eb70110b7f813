"""Who asks, and which brand? Everything a view must be able to rely on."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from accounts.client_ip import client_ip
from integrations import actor, hostnames
from integrations.actor import Actor
from integrations.database import AWAY, NOT_READY
from integrations.errors import InvalidHostname, WrongEncryptionKey
from integrations.models import BrandedURL, KeyCanary
from integrations.portal_request import PortalRequest
from integrations.refused import refused

logger = logging.getLogger(__name__)

LARGEST = 3_000_000  # bytes of one request; Django takes 2.5 MB of fields, and a logo has 100 KB
# Asked for by address, not by a hostname of ours.
PROBES = ("/healthz/", "/readyz/", "/readyz/background/", "/metrics/")
# Asked with GET, and yet no mere look: Webex and links bring people, and browsers keep the last.
EXACT = ("/webex/callback/", "/webex/link/", "/webex/test/", "/brand/", "/sign-in/")
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,49}")  # of a proxy, as logs can show it
GetResponse = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """Says who acts while a request is answered, and gives the request an ID, or keeps its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())

        def find() -> Actor:
            return _who(request, request_id)

        with actor.acting(find, request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


def _who(request: PortalRequest, request_id: str) -> Actor:
    """Asked as late as possible: at a sign-in the user is known only at its end."""
    somebody = Actor(
        actor.Kind.PERSON,
        hostname=split_domain_port(request.get_host())[0],
        address=client_ip(request),
        request_id=request_id,
    )
    if key := getattr(request, "api_key", None):
        user_id = getattr(request, "acts_for_id", None)
        return replace(somebody, kind=actor.Kind.API_KEY, name=key.audit_label, user_id=user_id)
    user = getattr(request, "user", None)
    return somebody.for_user(user) if user and user.is_authenticated else somebody


class BrandMiddleware:
    """Sets `request.brand`, and refuses every host that is not ours.

    Django's ALLOWED_HOSTS cannot do it: branded hostnames live in the database. PORTAL_HOSTS are
    asked first, so that they answer without it; the admin answers on them only.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.brand = None
        if "Transfer-Encoding" in request.headers:  # Django would take it for an empty body
            text = _("The portal needs to know how much you send.")
            return refused(request, 411, text, _("Send it with a Content-Length, not in chunks."))
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > LARGEST:
            text = _("That is more than the portal accepts at once (3 MB).")
            return refused(request, 413, text, _("Please go back and send less."))
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = "localhost"  # Django would refuse an odd one, or none
            return self.get_response(request)
        host = _normalise_host(request)
        if host in settings.PORTAL_HOSTS:
            return self.get_response(request)
        try:
            request.brand = _find_brand(host, request)
        except NOT_READY as error:
            return _not_ready(request, error)
        if request.brand is None:
            logger.warning("Request refused: reason=unknown_host")
            step = _("Check the address for a typing mistake, or ask your administrator for it.")
            return refused(request, 400, _("No portal answers at this address."), step)
        if request.path_info.startswith("/admin/"):
            step = _("Settings are at another address: ask your administrator for it.")
            return refused(request, 404, _("This page does not exist."), step)
        return self.get_response(request)


def _find_brand(host: str, request: HttpRequest) -> BrandedURL | None:
    """For what changes something, and for what a link or Webex brings, as it is this moment."""
    is_exact = request.method not in ("GET", "HEAD") or request.path_info.startswith(EXACT)
    known = BrandedURL.objects
    return known.serving(host) if is_exact else known.lately_serving(host)


def _not_ready(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.critical("Not ready: %s", error)
    step = _("Please try again in a minute.")
    return refused(request, 503, _("The portal is not ready."), step)


def _normalise_host(request: HttpRequest) -> str:
    """For everything that asks later; the origin of a form too, or another spelling is refused."""
    host = request.META["HTTP_HOST"] = _spelled_canonically(request.get_host())
    for header in ("HTTP_ORIGIN", "HTTP_REFERER"):
        scheme, separator, rest = request.META.get(header, "").partition("://")
        if separator:
            authority, slash, path = rest.partition("/")
            canonical = _spelled_canonically(authority)
            request.META[header] = f"{scheme}://{canonical}{slash}{path}"
    return host


def _spelled_canonically(host: str) -> str:
    """`Portal.Example.com.:443` and `portal.example.com` are one; another port stays visible."""
    domain, port = split_domain_port(host)
    try:
        name = hostnames.normalise(domain)
    except InvalidHostname:
        name = domain.lower()  # one of PORTAL_HOSTS can be an address, or have no domain
    return name if port in ("", "80", "443", _served_port()) else f"{name}:{port}"


def _served_port() -> str:
    return settings.BRANDED_URL_TEMPLATE.partition("{hostname}")[2].removeprefix(":")


class NoStoreMiddleware:
    """Pages show personal data unless they say otherwise: nobody may keep a copy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, no_store=True, private=True)
        return response


class WrongMethodMiddleware:
    """An address that answers another method: in words, where Django's answer is empty."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


class KeyCanaryMiddleware:
    """No request is served unless the encryption key was lately seen to fit the database.

    A wrong key stops the process at its start; this catches a database that came up later, and a
    process that runs on with an old key after the others left it.
    """

    COUNTS_FOR = 15.0  # seconds

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.verified_until = 0.0  # monotonic

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        if began > self.verified_until and request.path_info not in PROBES:
            if trouble := self._trouble(request):
                return trouble
            self.verified_until = began + self.COUNTS_FOR
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that went away later is not ready either; it heals by itself."""
        is_suspect = isinstance(exception, AWAY)
        return self._trouble(request) if is_suspect else None

    @staticmethod
    def _trouble(request: HttpRequest) -> HttpResponse | None:
        try:
            KeyCanary.objects.verify()
        except (WrongEncryptionKey, KeyCanary.DoesNotExist, *NOT_READY) as error:
            return _not_ready(request, error)
        return None
