"""The user's Webex page, their Webex profile, and the badge as JSON."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from integrations import clock, portal_session
from integrations.errors import (
    InsufficientScope,
    NotLinked,
    Refused,
    Rejected,
    UndecryptableValue,
    WebexUnavailable,
)
from integrations.linking import connection_page, profile
from integrations.portal_request import PortalRequest
from integrations.views.access import not_permitted, signed_out, webex_user_required
from integrations.views.webex_share import waits_for_webex
from integrations.webex import authorizations


@require_safe
@webex_user_required
def webex(request: PortalRequest) -> HttpResponse:
    now = clock.now()
    overview = connection_page.overview(request.user, request.brand, now=now)
    request.webex_link_status = overview.link_status  # the menu need not ask again
    context = {
        "overview": overview,
        "now": now,
        "webex_tokens_page": authorizations.TOKENS_PAGE,
    }
    return render(request, "integrations/webex.html", context)


@require_safe
@webex_user_required
@waits_for_webex
def my_webex(request: PortalRequest) -> HttpResponse:
    context: dict[str, object] = {}
    try:
        context["profile"] = profile.fetch(request.user, request.brand, now=clock.now())
    except NotLinked:
        context["problem"] = _("Link your Webex account to see your profile here.")
    except InsufficientScope:
        context["problem"] = _("Your Webex account lacks the scope or the role for this page.")
    except (Refused, Rejected, WebexUnavailable):
        context["problem"] = _("Webex does not answer right now. Please try again in a minute.")
    except UndecryptableValue:
        context["problem"] = _(
            "The portal cannot read its access to your Webex account. Please tell your "
            "administrator, or link your account again."
        )
    return render(request, "integrations/my_webex.html", context)


@require_GET
def status(request: PortalRequest) -> JsonResponse:
    """For a single-page front end: the same badge."""
    if not request.user.is_authenticated:
        return signed_out()
    current = portal_session.link_status_of(request)
    if not current.may_use_webex:
        return not_permitted()
    return JsonResponse(
        {
            "linked": current.is_linked,
            "status": current.state,
            "label": current.label,
            "reason": current.reason,
            "webex_email": current.webex_email,
        }
    )
