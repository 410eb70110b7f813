"""A link that support sent: what it is for, and the button that goes on as *Connect*.

Opening it spends nothing: mail programs and virus scanners open links, too.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from integrations import clock
from integrations.errors import LinkRefused
from integrations.linking import connect_link, link_status
from integrations.portal_request import PortalRequest
from integrations.views import consent
from integrations.views.access import webex_user_required


@require_http_methods(["GET", "HEAD", "POST"])
@webex_user_required
def open_link(request: PortalRequest, token: str) -> HttpResponse:
    step = connect_link.use if request.method == "POST" else connect_link.look
    try:
        step(token, user=request.user, brand=request.brand, now=clock.now())
    except LinkRefused as error:
        page, refusal = "connect_link_refused", {"sentence": _sentences()[error.reason]}
        return render(request, f"integrations/{page}.html", refusal, status=410)
    if request.method == "POST":
        return consent.take_to_webex(request, "")
    context = {"link_status": link_status.for_user(request.user, request.brand)}
    return render(request, "integrations/connect_link.html", context)


def _sentences() -> dict[str, str]:
    return {
        "unknown": _("This link does not belong to this address."),
        "somebody_else": _(
            "This link was made for somebody else. If it is yours, sign out and sign in as the "
            "person it was sent to."
        ),
        "used": _("This link was used already: each works once."),
        "expired": _("This link is older than half an hour."),
    }
