"""Pages that ask Webex, within the share of threads that it may hold."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from integrations.errors import WebexBusy
from integrations.portal_request import PortalRequest
from integrations.views.access import View, is_fragment
from integrations.webex_share import REST, share


def waits_for_webex(view: View) -> Callable[..., HttpResponse]:
    """For what asks Webex while a browser waits: "Webex is busy" at once where too many do."""

    @wraps(view)
    def answer(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with share.hold(request.user.pk):
                return view(request, *args, **kwargs)
        except WebexBusy:
            name = "_webex_busy" if is_fragment(request) else "webex_busy"
            page = render(request, f"integrations/{name}.html", status=503)
            page["Retry-After"] = str(int(REST))
            return page

    return answer
