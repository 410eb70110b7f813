"""The search box, what it finds among subscribers and people, and rows that keep up with it."""

from collections.abc import Iterable

from django.core.signing import BadSignature, Signer
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from integrations import clock
from integrations.linking import link_status
from integrations.models import Grant, WatchedSubscriber
from integrations.models.watched_subscriber import MOVING
from integrations.portal_request import PortalRequest
from integrations.provisioning import following, search
from integrations.provisioning.fields import PACKAGES
from integrations.provisioning.search import Search
from integrations.provisioning.subscribers import READ
from integrations.provisioning.words import STATES
from integrations.views import next_page
from integrations.views.access import is_fragment, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.subscribers.trouble import explains_trouble
from integrations.views.webex_share import waits_for_webex

LONGEST = 320  # characters of what is searched for
NAMES = {"text": "q", "status": "status", "package": "package", "enterprise": "enterprise"}


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble(READ)
def subscribers(request: PortalRequest) -> HttpResponse:
    caller = caller_of(request)
    wanted = _search(request)
    found = search.subscribers(caller, wanted, next_page.asked(request))
    rows = [
        (WatchedSubscriber.key_of(caller.grant.app_id, each.id), each) for each in found.subscribers
    ]
    context = {
        "search": wanted,
        "found": found,
        "rows": rows,
        "moving": _ticket(caller.grant, (key for key, each in rows if each.status in MOVING)),
        "next_query": next_page.query(
            {name: getattr(wanted, field) for field, name in NAMES.items()}, found.next_url
        ),
        "states": STATES,
        "packages": PACKAGES,
    }
    name = "_results" if is_fragment(request) else "subscribers"
    return render(request, f"integrations/subscribers/{name}.html", context)


@require_safe
@webex_right_required("view_subscribers")
@waits_for_webex
@explains_trouble("spark-admin:people_read")
def people(request: PortalRequest) -> HttpResponse:
    caller = caller_of(request)
    wanted = _search(request)
    context = {"search": wanted, "people": search.found_people(caller, wanted.text)}
    name = "_people" if is_fragment(request) else "people"
    return render(request, f"integrations/subscribers/{name}.html", context)


@require_safe
@webex_right_required("view_subscribers")
@explains_trouble(READ)
def live(request: PortalRequest) -> HttpResponse:
    """What has become of rows of the list, from the database: Webex is asked in the background."""
    grant = link_status.usable_grant(request.user, request.brand)
    keys = _keys(grant, request.GET.get("keys", ""))
    rows = following.see(grant, keys, now=clock.now())
    context = {
        "rows": rows,
        "moving": _ticket(grant, (row.key for row in rows if row.is_moving)),
    }
    return render(request, "integrations/subscribers/_live.html", context)


def _ticket(grant: Grant, keys: Iterable[str]) -> str:
    """Rows that Webex showed to this account; another of its organisation may see fewer."""
    text = ",".join(keys)
    return _signer(grant).sign(text) if text else ""


def _keys(grant: Grant, ticket: str) -> list[str]:
    try:
        return _signer(grant).unsign(ticket).split(",")
    except BadSignature:
        return []


def _signer(grant: Grant) -> Signer:
    return Signer(salt=f"live rows of {grant.person_id}")


def _search(request: PortalRequest) -> Search:
    typed = {
        field: request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]
        for field, name in NAMES.items()
    }
    return Search(**typed)
