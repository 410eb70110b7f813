"""The branded host's half of an admin's test link: off to Webex, and back to a page of results.

Needs no portal session: the ticket in the URL works once, and only this browser can come back.
"""

import logging

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from integrations import clock
from integrations.errors import ConsentRefused, NotReady
from integrations.linking import test_link
from integrations.linking.consent import Callback
from integrations.portal_request import PortalRequest
from integrations.views.access import SeeOther
from integrations.views.webex_share import waits_for_webex

logger = logging.getLogger(__name__)

STATE, BINDING = "webex_test_state", "webex_test_binding"  # session keys


@require_GET
def depart(request: PortalRequest, ticket: str) -> HttpResponse:
    try:
        departure = test_link.depart(ticket, brand=request.brand, now=clock.now())
    except NotReady:
        return _over(request)
    request.session[STATE] = departure.state
    request.session[BINDING] = departure.browser_binding
    return SeeOther(departure.url)


def is_return(request: PortalRequest, callback: Callback) -> bool:
    """Whether it is the return of the last test link that this browser followed."""
    return bool(callback.state) and callback.state == request.session.get(STATE)


@waits_for_webex
def show_result(request: PortalRequest, callback: Callback) -> HttpResponse:
    try:
        result = test_link.arrive(
            callback,
            brand=request.brand,
            browser_binding=request.session[BINDING],
            now=clock.now(),
        )
    except ConsentRefused as error:
        logger.warning("Test link refused: reason=%s", error.reason)
        return _over(request)
    return render(request, "integrations/test_result.html", {"result": result})


def _over(request: PortalRequest) -> HttpResponse:
    return render(request, "integrations/test_over.html", status=404)
