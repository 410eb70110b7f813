"""Are the URIs registered at Webex to which it sends browsers back? Only Webex knows.

So these are clues and never block: what the pasted URL says, and starts that nobody returned from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import AuthorizationRequest, BrandedURL, DeviceAuthorization, WebexApp
from integrations.operations.check import Check, Level
from integrations.plain_text import grouped
from integrations.webex import device

TAB = "redirect-uris"
CAME_BACK = ~Q(consumed_at=None, returned_at=None)
COUNTED = timedelta(days=7)  # what was started is kept that long
ENOUGH_TO_TELL = 3  # starts without a return
MOST_COPIED = 50  # redirect URIs that a page carries only to be copied
Status = DeviceAuthorization.Status
DECIDED = (Status.LINKED, Status.DENIED, Status.UNDECIDED)
GIVEN_UP = (Status.EXPIRED, Status.CANCELLED)


@dataclass(frozen=True)
class Traffic:
    """Consents of the last days, at one hostname or from other devices."""

    started: int = 0
    returned: int = 0

    @property
    def none_returned(self) -> bool:
        return self.started >= ENOUGH_TO_TELL and not self.returned


def count_consents(keys: list[int], now: datetime) -> list[tuple[int, str, Traffic]]:
    """With the integration's key and the redirect URI."""
    recent = AuthorizationRequest.objects.filter(app__in=keys, created_at__gt=now - COUNTED)
    grouped = recent.order_by().values("app_id", "redirect_uri")
    counted = grouped.annotate(started=Count("pk"), returned=Count("pk", filter=CAME_BACK))
    rows = counted.values_list("app_id", "redirect_uri", "started", "returned")
    return [(app_id, uri, Traffic(*counts)) for app_id, uri, *counts in rows]


def count_device_logins(keys: list[int], now: datetime) -> dict[int, Traffic]:
    """Of those that ended, those that somebody accepted or declined at Webex."""
    recent = DeviceAuthorization.objects.filter(app__in=keys, created_at__gt=now - COUNTED)
    grouped = recent.filter(status__in=DECIDED + GIVEN_UP).order_by().values("app_id")
    decided = Count("pk", filter=Q(status__in=DECIDED))
    counted = grouped.annotate(started=Count("pk"), decided=decided)
    rows = counted.values_list("app_id", "started", "decided")
    return {app_id: Traffic(*counts) for app_id, *counts in rows}


def check(
    app: WebexApp, brands: list[BrandedURL], traffic: dict[str, Traffic], device_logins: Traffic
) -> Iterable[Check]:
    yield from _redirect_uris(app, brands, traffic)
    if device_logins.none_returned:
        sentence = _("Link with another device: %(count)d started, 0 finished.")
        step = _("The four helper URIs of Webex are probably not registered there.")
        values, listed = {"count": device_logins.started}, _to_copy([*helper_uris(app)])
        yield Check("no_device_return", Level.ASKS, sentence % values, step, listed, TAB)


def _redirect_uris(
    app: WebexApp, brands: list[BrandedURL], traffic: dict[str, Traffic]
) -> Iterable[Check]:
    if not brands or not app.pasted:
        return
    uris = [brand.redirect_uri for brand in brands]
    pasted = app.pasted.redirect_uri
    unproven = [brand for brand in brands if not brand.last_return_at]
    paste = _("Register these at developer.webex.com, then paste the new URL.")
    if _is_placeholder(pasted):
        sentence = _("The pasted URL still has the placeholder redirect URI.")
        yield Check("placeholder", Level.ASKS, sentence, paste, _to_copy(uris), TAB)
    elif pasted and pasted not in uris:
        sentence = _("The redirect URI in the pasted URL is not one of this portal's.")
        yield Check("foreign_redirect_uri", Level.ASKS, sentence, paste, _to_copy(uris), TAB)
    elif late := [brand for brand in unproven if _is_later_than_paste(brand, app)]:
        sentence = ngettext(
            "%s hostname was added after the URL was pasted.",
            "%s hostnames were added after the URL was pasted.",
            len(late),
        ) % grouped(len(late))
        listed = _to_copy([brand.redirect_uri for brand in late])
        yield Check("added_later", Level.ASKS, sentence, paste, listed, TAB)
    else:
        yield Check("redirect_uris", Level.FINE, _("The redirect URIs look registered."), tab=TAB)
    for brand in unproven:
        consents = traffic.get(brand.redirect_uri, Traffic())
        if consents.none_returned:
            values = {"count": consents.started, "hostname": brand.hostname}
            sentence = _("%(hostname)s: %(count)d started, 0 returned.") % values
            step = _("Its redirect URI is probably not registered at Webex.")
            yield Check("no_return", Level.ASKS, sentence, step, brand.redirect_uri, TAB)


def _to_copy(uris: list[str]) -> str:
    """Nothing where they are many: the tab, which the check leads to, copies all."""
    return "\n".join(uris) if len(uris) <= MOST_COPIED else ""


def _is_placeholder(uri: str) -> bool:
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        return False
    return host in ("example.com", "www.example.com")


def _is_later_than_paste(brand: BrandedURL, app: WebexApp) -> bool:
    pasted_at, assigned_at = app.authorization_url_pasted_at, brand.assigned_at
    return bool(pasted_at and assigned_at and assigned_at > pasted_at)


def helper_uris(app: WebexApp) -> tuple[str, ...]:
    """What device linking needs registered besides (RFC 8628 at Webex)."""
    return device.HELPER_URIS if app.device_linking_enabled else ()
