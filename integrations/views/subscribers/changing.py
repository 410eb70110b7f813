"""Provisioning, changing and removing one subscriber; Webex may refuse each field of a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from integrations.errors import AmbiguousOutcome, WebexError
from integrations.portal_request import PortalRequest
from integrations.provisioning import fields, search, subscribers
from integrations.provisioning.caller import Caller
from integrations.provisioning.fields import CHANGEABLE, FIELDS, PACKAGES, Field
from integrations.provisioning.subscribers import READ, REMOVE_PEOPLE, WRITE, Removal
from integrations.provisioning.words import Explanation
from integrations.tasks import following
from integrations.views.access import SeeOther, webex_right_required
from integrations.views.caller import caller_of
from integrations.views.subscribers.trouble import explained, explains_trouble
from integrations.views.webex_share import waits_for_webex
from integrations.webex.broadworks import Subscriber

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Line:
    """One field of a form, with what stands in it and what is wrong with it."""

    field: Field
    value: str
    fault: str = ""


@GET_OR_POST
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def provision(request: PortalRequest) -> HttpResponse:
    caller = caller_of(request)
    if request.method != "POST":
        return _form(request, FIELDS, _defaults(request, caller))
    values = _posted(request, FIELDS)
    if faults := fields.faults(values):
        return _form(request, FIELDS, values, faults)
    if request.POST.get("action") == "check":
        return _checked(request, caller, values)
    try:
        done = subscribers.provision(caller, values)
    except AmbiguousOutcome:
        return _look_first(request, values)
    except WebexError as error:
        return _refused(request, FIELDS, values, explained(request, error, WRITE))
    following.wake_following()
    messages.success(request, _("Webex has begun. This page follows it by itself."))
    return SeeOther(reverse("webex_subscriber", args=[done.id]))


def _checked(request: PortalRequest, caller: Caller, values: Mapping[str, str]) -> HttpResponse:
    if not values.get("email"):
        needed = {"email": _("To check first, Webex needs the e-mail address.")}
        return _form(request, FIELDS, values, needed)
    try:
        said = subscribers.check(caller, values)
    except WebexError as error:
        return _refused(request, FIELDS, values, explained(request, error, WRITE))
    return _form(request, FIELDS, values, checked=said or (_("The check passed."),))


def _look_first(request: PortalRequest, values: Mapping[str, str]) -> HttpResponse:
    """The answer was lost. A second attempt could find the first one done."""
    text = _(
        "Webex did not say whether it was done. Below is what it knows of this user now. If nobody "
        "is found, look again in a minute before you provision anew."
    )
    messages.warning(request, text)
    return SeeOther(f"{reverse('webex_subscribers')}?{urlencode({'q': values['userId']})}")


@GET_OR_POST
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(WRITE)
def change(request: PortalRequest, id: str) -> HttpResponse:
    caller = caller_of(request)
    found = search.subscriber(caller, id)
    if request.method != "POST":
        return _form(request, CHANGEABLE, subscribers.values(found), subscriber=found)
    values = _posted(request, CHANGEABLE)
    if faults := fields.faults(values, only=CHANGEABLE):
        return _form(request, CHANGEABLE, values, faults, subscriber=found)
    if not subscribers.changes(found, values):
        messages.info(request, _("Nothing was different, so nothing was sent to Webex."))
        return SeeOther(reverse("webex_subscriber", args=[id]))
    try:
        subscribers.change(caller, found, values)
    except WebexError as error:
        explanations = explained(request, error, WRITE)
        return _refused(request, CHANGEABLE, values, explanations, subscriber=found)
    following.wake_following()
    messages.success(request, _("Webex is changing it. This page follows it by itself."))
    return SeeOther(reverse("webex_subscriber", args=[id]))


@GET_OR_POST
@webex_right_required("change_subscribers")
@waits_for_webex
@explains_trouble(READ)
def remove(request: PortalRequest, id: str) -> HttpResponse:
    caller = caller_of(request)
    found = search.subscriber(caller, id)
    context: dict[str, object] = {"subscriber": found, "to_type": found.email or found.user_id}
    if request.method != "POST":
        return render(request, "integrations/subscribers/remove.html", context)
    with_person = request.POST.get("what") == "person"
    typed = request.POST.get("typed", "").strip()
    if with_person and typed.casefold() != str(context["to_type"]).casefold():
        context |= {"with_person": True, "typed": typed, "fault": _("This is not the same.")}
        return render(request, "integrations/subscribers/remove.html", context)
    try:
        removal = subscribers.remove(caller, found, with_person=with_person)
    except WebexError as error:
        context |= {"explanations": explained(request, error, WRITE), "with_person": with_person}
        return render(request, "integrations/subscribers/remove.html", context)
    _say_removed(request, found, removal)
    return SeeOther(reverse("webex_subscribers"))


def _say_removed(request: PortalRequest, found: Subscriber, removal: Removal) -> None:
    who = {"user": found.user_id}
    if removal.person_kept:
        why = explained(request, removal.person_kept, REMOVE_PEOPLE)[0]
        text = _("%(user)s no longer has Webex here, but the Webex person is still there:") % who
        messages.warning(request, f"{text} {why.text} {why.next_step}")
    elif removal.is_person_removed:
        messages.success(request, _("%(user)s and the Webex person are removed.") % who)
    else:
        messages.success(request, _("%(user)s no longer has Webex; the person stays.") % who)


def _defaults(request: PortalRequest, caller: Caller) -> dict[str, str]:
    """Of the integration, and of the search that led here."""
    asked = {name: request.GET.get(name, "")[: fields.LONGEST] for name in fields.BY_NAME}
    return {
        **asked,
        "package": asked["package"] or "standard",
        "provisioningId": asked["provisioningId"] or caller.grant.app.default_provisioning_id,
    }


def _posted(request: PortalRequest, form: Sequence[Field]) -> dict[str, str]:
    return {
        field.name: request.POST.get(field.name, "").replace("\x00", "").strip() for field in form
    }


def _refused(
    request: PortalRequest,
    form: Sequence[Field],
    values: Mapping[str, str],
    explanations: Sequence[Explanation],
    **context: object,
) -> HttpResponse:
    """What concerns a field stands at the field."""
    names = {field.name for field in form}
    faults = {
        each.field: f"{each.text} {each.next_step}" for each in explanations if each.field in names
    }
    others = [each for each in explanations if each.field not in names]
    return _form(request, form, values, faults, explanations=others, **context)


def _form(
    request: PortalRequest,
    form: Sequence[Field],
    values: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    **context: object,
) -> HttpResponse:
    faults = faults or {}
    context["lines"] = [
        Line(field, values.get(field.name, ""), faults.get(field.name, "")) for field in form
    ]
    context |= {"packages": PACKAGES, "faults": len(faults), "user_id": values.get("userId", "")}
    page = "change" if "subscriber" in context else "provision"
    return render(request, f"integrations/subscribers/{page}.html", context)
