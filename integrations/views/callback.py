"""The return from Webex: its parameters are read once, then it is a test link's or a user's."""

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from integrations.linking.consent import Callback
from integrations.portal_request import PortalRequest
from integrations.views import consent, test_link

PARAMETERS = ("state", "code", "error", "iss")


@require_GET
def callback(request: PortalRequest) -> HttpResponse:
    response = _answer(request)
    # Even same-origin requests of this page must not carry code and state in their Referer.
    response["Referrer-Policy"] = "origin"
    return response


def _answer(request: PortalRequest) -> HttpResponse:
    if is_prefetch(request):
        return HttpResponse(status=503)  # a prefetch must not spend the code
    returned = read(request)
    if test_link.is_return(request, returned):
        return test_link.show_result(request, returned)
    return consent.complete(request, returned)


def is_prefetch(request: PortalRequest) -> bool:
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def read(request: PortalRequest) -> Callback:
    """A parameter that is there twice spoils the whole: readers could disagree on it."""
    try:
        values = {name: request.GET.getlist(name) for name in PARAMETERS}
    except TooManyFieldsSent:
        return Callback(malformed="too_many_parameters")
    if any(len(found) > 1 for found in values.values()):
        return Callback(malformed="repeated_parameter")
    return Callback(**{name: found[0] for name, found in values.items() if found})
