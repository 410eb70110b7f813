"""Linking from another device: the page with the QR code, what it asks, cancelling."""

import logging
import math
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_safe

from integrations import clock, qr_code
from integrations.errors import (
    InvalidClient,
    NotReady,
    TooManyStarts,
    WebexError,
)
from integrations.linking import device
from integrations.models import DeviceAuthorization
from integrations.portal_request import PortalRequest
from integrations.tasks import device_polling
from integrations.views.access import SeeOther, webex_user_or_json_error, webex_user_required
from integrations.views.post_only import post_only
from integrations.views.webex_share import waits_for_webex

logger = logging.getLogger(__name__)


@post_only(gettext_lazy("Link with another device"))
@webex_user_required
@waits_for_webex
def start(request: PortalRequest) -> HttpResponse:
    try:
        id = device.start(
            user=request.user,
            brand=request.brand,
            session_key=request.session.session_key or "",
            now=clock.now(),
        )
    except NotReady:
        messages.error(request, _("Linking with another device is not offered at this address."))
        return SeeOther(reverse("my_account"))
    except TooManyStarts as error:
        return _please_wait(request, error)
    except WebexError as error:
        return _explain(request, error)
    device_polling.wake_polling()
    return SeeOther(reverse("webex_device", args=[id]))


def _please_wait(request: PortalRequest, error: TooManyStarts) -> HttpResponse:
    seconds = max(math.ceil(error.retry_after.total_seconds()), 1)
    context = {"minutes": math.ceil(seconds / 60)}
    page = render(request, "integrations/device_wait.html", context, status=429)
    page["Retry-After"] = str(seconds)
    return page


def _explain(request: PortalRequest, error: WebexError) -> HttpResponse:
    kind = type(error).__name__
    logger.warning("Device linking failed: user=%s error=%s %s", request.user.pk, kind, error)
    if isinstance(error, InvalidClient):
        text = _("Webex does not accept this portal's credentials. Please tell your administrator.")
    else:
        text = _("Webex did not answer properly. Nothing was changed; please try again.")
    messages.error(request, text)
    return SeeOther(reverse("webex"))


@require_safe
@webex_user_required
def show(request: PortalRequest, id: UUID) -> HttpResponse:
    progress = _progress(request, id)
    if progress.state is device.State.UNDECIDED:
        return SeeOther(reverse("webex_device_replace", args=[id]))
    context = {"progress": progress, "authorization": progress.authorization}
    if progress.is_over:
        return render(request, "integrations/device_over.html", context)
    authorization = progress.authorization
    context |= {
        "qr_code": qr_code.draw(authorization.verification_uri_complete),
        "groups": in_groups(authorization.user_code),
        "time_left": "{}:{:02}".format(*divmod(progress.seconds_left, 60)),
    }
    return render(request, "integrations/device.html", context)


@require_GET
@webex_user_or_json_error
def status(request: PortalRequest, id: UUID) -> HttpResponse:
    """For the page's script. Answered from the database, however often it is asked."""
    progress = _progress(request, id)
    return JsonResponse(
        {
            "state": progress.state,
            "is_over": progress.is_over,
            "seconds_left": progress.seconds_left,
            "ask_again_in": progress.ask_again_in,
        }
    )


def _progress(request: PortalRequest, id: UUID) -> device.Progress:
    try:
        return device.progress(id=id, user=request.user, brand=request.brand, now=clock.now())
    except DeviceAuthorization.DoesNotExist:
        raise Http404 from None


@post_only(gettext_lazy("Cancel this code"))
@webex_user_required
def cancel(request: PortalRequest, id: UUID) -> HttpResponse:
    try:
        device.cancel(id=id, user=request.user, brand=request.brand)
    except DeviceAuthorization.DoesNotExist:
        raise Http404 from None
    messages.info(request, _("Cancelled. The code is of no use any more."))
    return SeeOther(reverse("webex"))


def in_groups(user_code: str) -> list[str]:
    """Three or four characters each, as people read them out."""
    if "-" in user_code:
        return user_code.split("-")
    size = 4 if len(user_code) % 4 == 0 else 3
    return [user_code[at : at + size] for at in range(0, len(user_code), size)]
