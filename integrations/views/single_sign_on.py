"""To the identity provider, back from it, and signing out."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts import next_path
from integrations import clock, sso_session
from integrations.errors import (
    ProviderMisconfigured,
    ProviderUnavailable,
    SignInRefused,
    UndecryptableValue,
    WebexBusy,
)
from integrations.linking.consent import Callback
from integrations.models import IdentityProvider
from integrations.portal_request import PortalRequest
from integrations.single_sign_on import providers, sign_in
from integrations.single_sign_on.doors import Door
from integrations.views import pending_sign_ins, sign_in_trouble
from integrations.views.access import SeeOther
from integrations.views.callback import is_prefetch, read
from integrations.views.post_only import post_only
from integrations.webex_share import provider_share

logger = logging.getLogger(__name__)

TROUBLE = (
    ProviderMisconfigured, ProviderUnavailable, SignInRefused, UndecryptableValue, WebexBusy,
)  # fmt: skip
LINK, ANEW = "link", "anew"  # what for, besides signing in


@post_only(gettext_lazy("Sign in"))
def start(request: PortalRequest) -> HttpResponse:
    door, what_for = sso_session.door_of(request), request.POST.get("for")
    wanted = next_path.safe(request.POST.get("next"))
    links = request.user if what_for == LINK and request.user.is_authenticated else None
    try:
        with provider_share.hold(door.provider_id):
            url, pending = sign_in.begin(
                door,
                next_path=wanted,
                now=clock.now(),
                anew=what_for == ANEW,
                links=links,
            )
    except TROUBLE as error:
        return _explain(request, door, error, wanted)
    context = {"url": url, "provider": door.provider}
    # A page, not a redirect: `form-action 'self'` holds for every hop that follows a form.
    response = render(request, "integrations/single_sign_on/taking_you_there.html", context)
    pending_sign_ins.add(request, response, pending)
    return response


@require_GET
def callback(request: PortalRequest) -> HttpResponse:
    if is_prefetch(request):
        return HttpResponse(status=503)  # a prefetch must not spend the code
    returned = read(request)
    pending = pending_sign_ins.find(request, returned.state)
    response = _complete(request, returned, pending)
    # Even same-origin requests of this page must not carry code and state in their Referer.
    response["Referrer-Policy"] = "origin"
    if pending:
        pending_sign_ins.forget(request, response, pending.state)
    return response


def _complete(
    request: PortalRequest, returned: Callback, pending: sign_in.Pending | None
) -> HttpResponse:
    user = request.user if request.user.is_authenticated else None
    door, now = sso_session.door_of(request), clock.now()
    wanted = sign_in.wanted(returned.state, door)
    if pending is None and user:  # the back button, a page that was loaded again, a lost cookie
        messages.info(request, _("You are signed in already."))
        return SeeOther(wanted or reverse("home"))
    try:
        with provider_share.hold(door.provider_id):
            arrival = sign_in.complete(returned, pending, door, user=user, now=now)
    except TROUBLE as error:
        return _explain(request, door, error, wanted)
    if arrival.is_linked_now:
        text = _("From now on you can sign in with %(provider)s, too.")
        messages.success(request, text % {"provider": arrival.provider})
        return SeeOther(reverse("my_account"))
    sso_session.begin(request, arrival, now=now)
    return SeeOther(arrival.next_path or reverse("home"))


def _explain(request: PortalRequest, door: Door, error: Exception, wanted: str) -> HttpResponse:
    name, reason = type(error).__name__, getattr(error, "reason", error)
    logger.warning("Single sign-on failed: provider=%s error=%s %s", door.provider_id, name, reason)
    if door.provider and isinstance(error, ProviderMisconfigured | ProviderUnavailable):
        providers.note_trouble(door.provider, error.reason, now=clock.now())
    trouble = sign_in_trouble.of(error, door)
    context = {"trouble": trouble, "door": door, "next": wanted}
    page = "integrations/single_sign_on/trouble.html"
    return render(request, page, context, status=trouble.status)


class SignOut(LogoutView):
    """Of this portal. Whether the provider forgets them, too, is theirs to say."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        through = sso_session.of(request)
        response = super().post(request, *args, **kwargs)
        provider = through and IdentityProvider.objects.filter(pk=through.provider_id).first()
        if not provider:
            return response
        url = _url_to_end_there(request, provider)
        context = {"provider": provider, "url": url}
        return render(request, "integrations/single_sign_on/signed_out.html", context)


def _url_to_end_there(request: Any, provider: IdentityProvider) -> str:
    door = sso_session.door_of(request)
    try:
        with provider_share.hold(provider.pk):
            return sign_in.sign_out_url(provider, door)
    except TROUBLE:
        return ""
