"""Enterprises: their list, one of them with its directory synchronisation, and one user of it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from integrations.errors import WebexError
from integrations.portal_request import PortalRequest
from integrations.provisioning import enterprises, words
from integrations.provisioning.enterprises import READ, WRITE, Known
from integrations.views import next_page
from integrations.views.access import SeeOther, is_fragment, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.polled import SOON, pause, polled, turn
from integrations.views.post_only import post_only
from integrations.views.subscribers.trouble import explained, explains_trouble
from integrations.views.webex_share import waits_for_webex

LONGEST = 320  # characters of what is typed
CHANGED = ("ADD", "UPDATE", "DELETE")
SECONDS, LATER = 10, 60  # between two questions about a synchronisation


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble(READ)
def show_all(request: PortalRequest) -> HttpResponse:
    text = _typed(request.GET.get("q", ""))
    page = enterprises.find(caller_of(request), text, next_page.asked(request))
    context = {
        "text": text,
        "enterprises": page.items,
        "next_query": next_page.query({"q": text}, page.next_url),
    }
    name = "_results" if is_fragment(request) else "enterprises"
    return render(request, f"integrations/enterprises/{name}.html", context)


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble(READ)
def show(request: PortalRequest, name: str) -> HttpResponse:
    context = _context(request, enterprises.look(caller_of(request), name))
    return render(request, "integrations/enterprises/enterprise.html", context)


@require_GET
@webex_right_required("view_subscribers")
@explains_trouble(READ)
@polled
def standing(request: PortalRequest, name: str) -> HttpResponse:
    """How the synchronisation stands, for the page above."""
    context = _context(request, enterprises.follow(caller_of(request), name))
    return render(request, "integrations/enterprises/_standing.html", context)


@post_only(gettext_lazy("Switch"))
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def switch(request: PortalRequest, name: str, *, on: bool) -> HttpResponse:
    enterprises.switch(caller_of(request), name, on=on)
    if on:
        messages.success(request, _("Directory synchronisation is switched on."))
    else:
        messages.success(request, _("Directory synchronisation is switched off."))
    return SeeOther(reverse("webex_enterprise", args=[name]))


@post_only(gettext_lazy("Synchronise now"))
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def start(request: PortalRequest, name: str) -> HttpResponse:
    before = enterprises.start(caller_of(request), name)
    page = reverse("webex_enterprise", args=[name])
    if before is None:
        messages.info(request, _("A synchronisation is running already. This page follows it."))
        return SeeOther(page)
    messages.success(request, _("Webex has accepted it. This page follows it by itself."))
    return SeeOther(f"{page}?{urlencode({'since': before.directory_sync.tracking_id})}")


@require_http_methods(["GET", "HEAD", "POST"])
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def sync_user(request: PortalRequest, name: str) -> HttpResponse:
    user_id = _typed(request.POST.get("userId", ""))
    context: dict[str, object] = {"name": name, "user_id": user_id, "changed": CHANGED}
    if request.method == "POST" and not user_id:
        context["fault"] = _("This is required.")
    elif request.method == "POST":
        try:
            context["synced"] = enterprises.sync_user(caller_of(request), name, user_id)
        except WebexError as error:
            context["explanations"] = explained(request, error, WRITE)
    is_refused = "fault" in context or "explanations" in context
    page = "integrations/enterprises/user.html"
    return render(request, page, context, status=422 if is_refused else 200)


def _typed(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST]


def _context(request: PortalRequest, known: Known) -> dict[str, object]:
    """`since`: the tracking ID before somebody started one. Webex may show that one for a while."""
    sync, asked, since = known.enterprise.directory_sync, turn(request), request.GET.get("since")
    is_starting = since == sync.tracking_id and not known.is_running and asked < SOON
    following = {"turn": asked + 1, **({"since": since} if is_starting else {})}
    return {
        "known": known,
        "enterprise": known.enterprise,
        "sync": sync,
        "explanations": [words.problem_in_words(each, sync.tracking_id) for each in sync.problems],
        "numbers": enterprises.figures(sync),
        "for_cisco": enterprises.for_cisco(known),
        "is_starting": is_starting,
        "is_followed": is_starting or known.is_running,
        "was_followed": asked > 0,
        "following": urlencode(following),
        "pause": pause(asked, soon=SECONDS, later=LATER),
    }
