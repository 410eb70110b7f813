"""Activation mails to the people of an enterprise: the button, and how the last ones went."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from integrations.portal_request import PortalRequest
from integrations.provisioning import activation_mails
from integrations.provisioning.activation_mails import WRITE
from integrations.views.access import SeeOther, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.polled import pause, polled, turn
from integrations.views.subscribers.trouble import explains_trouble
from integrations.views.webex_share import waits_for_webex

SECONDS, LATER = 3, 30  # between two questions about a job


@require_http_methods(["GET", "HEAD", "POST"])
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def send(request: PortalRequest, name: str) -> HttpResponse:
    page = reverse("webex_activation_mails", args=[name])
    if request.method == "POST":
        caller = caller_of(request)
        job = activation_mails.send(caller, name)
        return SeeOther(f"{page}?{urlencode({'job': job.id})}")
    context = _context(request, name) if "job" in request.GET else {"name": name}
    return render(request, "integrations/enterprises/mails.html", context)


@require_GET
@webex_right_required("change_subscribers")
@explains_trouble(WRITE)
@polled
def standing(request: PortalRequest, name: str) -> HttpResponse:
    """How the job goes, for the page above."""
    return render(request, "integrations/enterprises/_mails.html", _context(request, name))


def _context(request: PortalRequest, name: str) -> dict[str, object]:
    caller = caller_of(request)
    asked, id = turn(request), request.GET.get("job", "")
    job = activation_mails.look(caller, name, id)
    return {
        "name": name,
        "job": job,
        "is_followed": job.status in activation_mails.RUNNING,
        "following": urlencode({"job": id, "turn": asked + 1}),
        "pause": pause(asked, soon=SECONDS, later=LATER),
    }
