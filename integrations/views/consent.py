"""Linking, the return from Webex, "replace A by B?", and disconnecting."""

import logging

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import next_path
from integrations import clock
from integrations.errors import (
    AccessDenied,
    AuthorizationFailed,
    ConsentRefused,
    InsufficientScope,
    InvalidClient,
    NotLinked,
    NotReady,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.linking import consent, disconnection
from integrations.models import AuthorizationRequest
from integrations.portal_request import PortalRequest
from integrations.views import callback as callback_parameters
from integrations.views import trial
from integrations.views.access import SeeOther, webex_user_required

logger = logging.getLogger(__name__)

BINDING = "webex_browser_binding"  # session key
UNREADABLE = gettext_lazy(
    "The portal can no longer read this consent. Your Webex account stays as it was; please link "
    "the other one again."
)


@require_POST
@webex_user_required
def connect(request: PortalRequest) -> HttpResponse:
    binding = request.session.setdefault(BINDING, consent.new_browser_binding())
    try:
        url = consent.begin(
            user=request.user,
            brand=request.brand,
            browser_binding=binding,
            next_path=next_path.safe(request.POST.get("next")),
            now=clock.now(),
        )
    except NotReady:
        text = _("Webex is not set up for this address yet. Please ask your administrator.")
        messages.error(request, text)
        return SeeOther(reverse("my_account"))
    # A page, not a redirect: `form-action 'self'` holds for every hop that follows a form.
    return render(request, "integrations/taking_you_to_webex.html", {"url": url})


@require_GET
def callback(request: PortalRequest) -> HttpResponse:
    response = _callback(request)
    # Even same-origin requests of this page must not carry code and state in their Referer.
    response["Referrer-Policy"] = "origin"
    return response


def _callback(request: PortalRequest) -> HttpResponse:
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return HttpResponse(status=503)  # a prefetch must not spend the code
    if page := trial.result_page(request):
        return page
    if not request.user.is_authenticated:
        return SeeOther(reverse("sign_in"))
    if not request.user.has_perm("integrations.use_webex"):
        logger.warning("Consent refused: reason=permission user=%s", request.user.pk)
        return render(request, "403.html", status=403)
    try:
        result = consent.complete(
            callback_parameters.read(request),
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
    if isinstance(result, consent.Undecided):
        return SeeOther(reverse("webex_replace", args=[result.request_id]))
    _congratulate(request, result)
    return SeeOther(result.next_path or reverse("my_account"))


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
    if isinstance(error, WebexUnavailable):
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
    if result.standing.is_linked:
        text = _("Your Webex account %(email)s is linked.")
        messages.success(request, text % {"email": result.standing.webex_email})
    else:
        messages.warning(request, _("Linked, but permissions that this portal needs are missing."))


@require_http_methods(["GET", "POST"])
@webex_user_required
def replace(request: PortalRequest, request_id: int) -> HttpResponse:
    user, brand, now = request.user, request.brand, clock.now()
    try:
        if request.method == "GET":
            choice = consent.choice(request_id=request_id, user=user, brand=brand, now=now)
            return render(request, "integrations/replace.html", {"choice": choice})
        replaces = request.POST.get("decision") == "replace"
        path = consent.decide(
            request_id=request_id, replace=replaces, user=user, brand=brand, now=now
        )
    except AuthorizationRequest.DoesNotExist:
        raise Http404 from None
    except UndecryptableValue:
        messages.error(request, UNREADABLE)
        return SeeOther(reverse("webex"))
    done, kept = _("Your Webex account was replaced."), _("Your Webex account stays as it was.")
    messages.success(request, done if replaces else kept)
    return SeeOther(path or reverse("my_account"))


@require_POST
@webex_user_required
def disconnect(request: PortalRequest) -> HttpResponse:
    try:
        revocation = disconnection.disconnect(
            user=request.user, brand=request.brand, now=clock.now()
        )
    except NotLinked:
        messages.info(request, _("There was nothing to disconnect."))
        return SeeOther(reverse("webex"))
    messages.success(request, _what_became_of(revocation))
    return SeeOther(reverse("webex"))


def _what_became_of(revocation: disconnection.Revocation) -> str:
    return {
        disconnection.Revocation.REVOKED: _("Disconnected here, and revoked at Webex too."),
        disconnection.Revocation.NOT_PERMITTED: _(
            "Disconnected: this portal has deleted its access. The permissions you granted do not "
            "let it tell Webex; you can also remove it from your list at Webex."
        ),
        disconnection.Revocation.SHARED: _(
            "Disconnected: this portal has deleted your access. Another portal user works with "
            "the same Webex account, so nothing was revoked at Webex."
        ),
        disconnection.Revocation.FAILED: _(
            "Disconnected: this portal has deleted its access. Webex could not be told; you can "
            "also remove it from your list at Webex."
        ),
    }[revocation]
