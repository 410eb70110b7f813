"""What the linked person can do at Webex, for the Webex page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from integrations.portal_request import PortalRequest
from integrations.provisioning import capability
from integrations.provisioning.subscribers import READ
from integrations.views.access import is_fragment, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.subscribers.trouble import explains_trouble
from integrations.views.webex_share import waits_for_webex


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble(READ)
def abilities(request: PortalRequest) -> HttpResponse:
    caller = caller_of(request)
    context = {"findings": capability.refresh(caller)}
    name = "_capability" if is_fragment(request) else "capability"
    return render(request, f"integrations/{name}.html", context)
