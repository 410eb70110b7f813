"""Parts of a page that ask Webex again and again by themselves."""

from functools import wraps
from typing import Any

from django.http import HttpResponse

from integrations.errors import WebexBusy, WebexUnavailable
from integrations.portal_request import PortalRequest
from integrations.views.access import View
from integrations.webex_share import share

SOON = 6  # so many times soon, then rarely


def polled(view: View) -> View:
    """Where Webex is busy or away the page keeps what it shows, and asks at its next turn."""

    @wraps(view)
    def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with share.hold(request.user.pk):
                return view(request, *args, **kwargs)
        except (WebexBusy, WebexUnavailable):
            return HttpResponse(status=204)

    return answer


def turn(request: PortalRequest) -> int:
    """How many times the page has asked."""
    text = request.GET.get("turn", "")
    return int(text) if text.isdecimal() and len(text) < 5 else 0


def pause(turn: int, *, soon: int, later: int) -> int:
    """Seconds until its next turn."""
    return soon if turn < SOON else later
