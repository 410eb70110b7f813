"""The branded host's half of an admin's test link: off to Webex, and back to a page of results.

Needs no portal session: the ticket in the URL works once, and only this browser can come back.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from integrations import clock
from integrations.errors import ConsentRefused, NotReady
from integrations.linking import test_link
from integrations.portal_request import PortalRequest
from integrations.views import callback
from integrations.views.access import SeeOther

BINDING = "webex_test_binding"  # session key


@require_GET
def depart(request: PortalRequest, ticket: str) -> HttpResponse:
    try:
        departure = test_link.depart(ticket, brand=request.brand, now=clock.now())
    except NotReady:
        return render(request, "integrations/test_over.html", status=404)
    request.session[BINDING] = departure.browser_binding
    return SeeOther(departure.url)


def result_page(request: PortalRequest) -> HttpResponse | None:
    """None where the callback is no test's of this browser, and so a user's."""
    binding = request.session.get(BINDING, "")
    try:
        back = callback.read(request)
        if not test_link.is_test(back, browser_binding=binding):
            return None
        result = test_link.arrive(
            back, brand=request.brand, browser_binding=binding, now=clock.now()
        )
    except ConsentRefused:
        return None
    del request.session[BINDING]
    return render(request, "integrations/test_result.html", {"result": result})
