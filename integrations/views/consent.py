"""Linking, what the return from Webex means for a user, and disconnecting."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import next_path
from integrations import clock
from integrations.database import AWAY, is_away
from integrations.errors import (
    AccessDenied,
    AuthorizationFailed,
    ConsentRefused,
    InsufficientScope,
    InvalidClient,
    NoRefreshToken,
    NotLinked,
    NotReady,
    Rejected,
    TokenLimit,
    UndecryptableValue,
    WebexBusy,
    WebexError,
    WebexUnavailable,
)
from integrations.linking import consent, disconnection
from integrations.portal_request import PortalRequest
from integrations.views.access import SeeOther, webex_user_required
from integrations.views.post_only import post_only
from integrations.views.webex_share import waits_for_webex
from integrations.webex import authorizations
from integrations.webex_share import share

logger = logging.getLogger(__name__)

BINDING = "webex_browser_binding"  # session key


@post_only(gettext_lazy("Link my Webex account"))
@webex_user_required
def connect(request: PortalRequest) -> HttpResponse:
    return take_to_webex(request, next_path.safe(request.POST.get("next")))


def take_to_webex(request: PortalRequest, next: str) -> HttpResponse:
    binding = request.session.setdefault(BINDING, consent.new_browser_binding())
    try:
        url = consent.begin(
            user=request.user,
            brand=request.brand,
            browser_binding=binding,
            next_path=next,
            now=clock.now(),
        )
    except NotReady:
        text = _("Webex is not set up for this address yet. Please ask your administrator.")
        messages.error(request, text)
        return SeeOther(reverse("my_account"))
    # A page, not a redirect: `form-action 'self'` holds for every hop that follows a form.
    return render(request, "integrations/taking_you_to_webex.html", {"url": url})


def complete(request: PortalRequest, callback: consent.Callback) -> HttpResponse:
    if not request.user.is_authenticated:
        return _came_back_signed_out(request, callback)
    if not request.user.has_perm("integrations.use_webex"):
        logger.warning("Consent refused: reason=permission user=%s", request.user.pk)
        return render(request, "403.html", status=403)
    return _redeem(request, callback)


@waits_for_webex
def _redeem(request: PortalRequest, callback: consent.Callback) -> HttpResponse:
    try:
        result = consent.complete(
            callback,
            user=request.user,
            brand=request.brand,
            browser_binding=request.session.get(BINDING, ""),
            now=clock.now(),
        )
    except ConsentRefused as error:
        logger.warning("Consent refused: reason=%s user=%s", error.reason, request.user.pk)
        return render(request, "integrations/consent_refused.html", status=400)
    except (WebexError, UndecryptableValue) as error:
        return _explain(request, error)
    except AWAY as error:
        if not is_away(error):
            raise
        return render(request, "integrations/not_stored.html", status=503)
    if isinstance(result, consent.Undecided):
        return SeeOther(reverse("webex_replace", args=[result.request_id]))
    _congratulate(request, result)
    return SeeOther(result.next_path or reverse("my_account"))


def _came_back_signed_out(request: PortalRequest, callback: consent.Callback) -> HttpResponse:
    consent.note_return(callback, now=clock.now())
    text = _(
        "Your sign-in to this portal had ended, so your Webex account was not linked. "
        "Sign in, then link it again."
    )
    messages.warning(request, text)
    return SeeOther(f"{reverse('sign_in')}?next={reverse('webex')}")


def _explain(request: PortalRequest, error: WebexError | UndecryptableValue) -> HttpResponse:
    logger.warning(
        "Consent failed: user=%s error=%s %s", request.user.pk, type(error).__name__, error
    )
    level = messages.INFO if isinstance(error, AccessDenied) else messages.ERROR
    messages.add_message(request, level, _sentence(error))
    return SeeOther(reverse("my_account"))


def _sentence(error: WebexError | UndecryptableValue) -> str:
    if isinstance(error, AccessDenied):
        return _("You declined. Nothing was changed; you can link your account at any time.")
    if isinstance(error, AuthorizationFailed):
        return _FAILURES().get(error.reason, _FAILURES()[""])
    if isinstance(error, UndecryptableValue):
        return _("The portal cannot read its own credentials. Please tell your administrator.")
    if isinstance(error, InvalidClient):
        return _(
            "Webex does not accept this portal's credentials. Please tell your administrator; "
            "your account is as it was."
        )
    if isinstance(error, InsufficientScope):
        return _(
            "Webex did not let the portal read your profile, so nothing was linked. Please ask "
            "your administrator to check the permissions of the Webex integration."
        )
    if isinstance(error, TokenLimit):
        page = {"page": authorizations.TOKENS_PAGE}
        return (
            _(
                "Your Webex account has too many open sessions. End some of them at %(page)s, then "
                "link again."
            )
            % page
        )
    if isinstance(error, NoRefreshToken):
        return _(
            "Webex gave the portal access that ends soon and cannot be renewed, so nothing was "
            "linked. Please tell your administrator."
        )
    if isinstance(error, WebexUnavailable | Rejected):
        return _("Webex did not answer properly. Nothing was changed; please try again.")
    return _("Webex did not accept the sign-in. Nothing was changed; please start again.")


def _FAILURES() -> dict[str, str]:
    """RFC 6749 section 4.1.2.1. Nothing of what the browser brought along is ever shown."""
    return {
        "invalid_scope": _(
            "The Webex integration asks for permissions it was not registered with. Please tell "
            "your administrator."
        ),
        "server_error": _("Webex had a problem of its own. Please try again in a few minutes."),
        "temporarily_unavailable": _("Webex is busy. Please try again in a few minutes."),
        "": _("Webex ended the sign-in. Nothing was changed; please try again."),
    }


def _congratulate(request: PortalRequest, result: consent.Linked) -> None:
    if result.link_status.is_linked:
        text = _("Your Webex account %(email)s is linked.")
        messages.success(request, text % {"email": result.link_status.webex_email})
    else:
        messages.warning(request, _("Linked, but permissions that this portal needs are missing."))


@post_only(gettext_lazy("Disconnect"))
@login_required
def disconnect(request: PortalRequest) -> HttpResponse:
    """Also for those who may not use Webex any more: what is theirs, they can end."""
    may_use_webex = request.user.has_perm("integrations.use_webex")
    page = SeeOther(reverse("webex" if may_use_webex else "my_account"))
    try:
        revocation = _disconnect(request)
    except NotLinked:
        if not may_use_webex:
            raise PermissionDenied from None
        messages.info(request, _("There was nothing to disconnect."))
        return page
    messages.success(request, _what_became_of(revocation))
    return page


def _disconnect(request: PortalRequest) -> disconnection.Revocation:
    user, brand, now = request.user, request.brand, clock.now()
    try:
        with share.hold(user.pk):
            return disconnection.disconnect(user=user, brand=brand, now=now)
    except WebexBusy:  # ours goes at once; Webex is not waited for
        return disconnection.disconnect(user=user, brand=brand, now=now, waits=False)


def _what_became_of(revocation: disconnection.Revocation) -> str:
    return {
        disconnection.Revocation.REVOKED: _("Disconnected here, and revoked at Webex too."),
        disconnection.Revocation.NOT_PERMITTED: _(
            "Disconnected: this portal has deleted its access. The permissions you granted do not "
            "let it tell Webex; you can also remove it from your list at Webex."
        ),
        disconnection.Revocation.SHARED: _(
            "Disconnected: this portal has deleted your access. The same Webex account is still "
            "linked elsewhere in this portal, so nothing was revoked at Webex."
        ),
        disconnection.Revocation.LATER: _(
            "Disconnected: this portal has deleted its access. Webex is busy and is told as soon "
            "as it answers."
        ),
        disconnection.Revocation.FAILED: _(
            "Disconnected: this portal has deleted its access. Webex could not be told; you can "
            "also remove it from your list at Webex."
        ),
    }[revocation]
