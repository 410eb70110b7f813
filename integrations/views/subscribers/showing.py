"""One subscriber: how they stand, what is wrong, what happened, and the mail that asks again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from integrations import clock
from integrations.linking import link_status
from integrations.models import WatchedSubscriber
from integrations.portal_request import PortalRequest
from integrations.provisioning import following, search, subscribers, timeline
from integrations.provisioning.subscribers import READ, WRITE
from integrations.views.access import SeeOther, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.post_only import post_only
from integrations.views.subscribers.trouble import explains_trouble
from integrations.views.webex_share import waits_for_webex


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble(READ)
def subscriber(request: PortalRequest, id: str) -> HttpResponse:
    caller = caller_of(request)
    found = search.subscriber(caller, id)
    hostname = request.brand.hostname if request.brand else ""
    entries = timeline.of(caller, found, hostname)
    context = {
        "subscriber": found,
        "key": WatchedSubscriber.key_of(caller.grant.app_id, found.id),
        "timeline": entries,
        "for_cisco": timeline.for_cisco(found, entries, caller.grant.org_id),
    }
    return render(request, "integrations/subscribers/subscriber.html", context)


@require_safe
@webex_right_required("view_subscribers")
@explains_trouble(READ)
def standing(request: PortalRequest, id: str) -> HttpResponse:
    """Whether it still moves, from the database; once it does not, the page fetches it anew."""
    grant = link_status.usable_grant(request.user, request.brand)
    key = WatchedSubscriber.key_of(grant.app_id, id)
    row = next(iter(following.see(grant, [key], now=clock.now())), None)
    context = {"row": row, "id": id}
    return render(request, "integrations/subscribers/_standing.html", context)


@post_only(gettext_lazy("Send the mail again"))
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def send_consent_mail(request: PortalRequest, id: str) -> HttpResponse:
    caller = caller_of(request)
    subscribers.send_consent_mail(caller, search.subscriber(caller, id))
    messages.success(request, _("Webex sends the mail again."))
    return SeeOther(reverse("webex_subscriber", args=[id]))
