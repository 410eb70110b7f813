"""The page "replace A by B?", whichever way the new account consented."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from integrations import clock
from integrations.errors import UndecryptableValue
from integrations.linking import replacement
from integrations.portal_request import PortalRequest
from integrations.views.access import SeeOther, webex_user_required


@require_http_methods(["GET", "POST"])
@webex_user_required
def replace(request: PortalRequest, kind: replacement.Kind, id: int | UUID) -> HttpResponse:
    user, brand, now = request.user, request.brand, clock.now()
    try:
        if request.method == "GET":
            choice = replacement.choice(kind, id=id, user=user, brand=brand, now=now)
            return render(request, "integrations/replace.html", {"choice": choice})
        replaces = request.POST.get("decision") == "replace"
        path = replacement.decide(kind, id=id, replace=replaces, user=user, brand=brand, now=now)
    except ObjectDoesNotExist:
        if request.method == "GET":
            raise Http404 from None
        # A double click, or too late.
        messages.info(
            request, _("There is nothing to decide any more. Here is what is linked now.")
        )
        return SeeOther(reverse("webex"))
    except UndecryptableValue:
        text = _(
            "The portal can no longer read this consent. Your Webex account stays as it was; "
            "please link the other one again."
        )
        messages.error(request, text)
        return SeeOther(reverse("webex"))
    done, kept = _("Your Webex account was replaced."), _("Your Webex account stays as it was.")
    messages.success(request, done if replaces else kept)
    return SeeOther(path or reverse("webex"))
