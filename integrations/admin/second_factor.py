"""After the password, a code: asked for before any page of the admin, where somebody has one."""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import next_path
from accounts.models import User
from integrations import clock, qr_code, sso_session, totp
from integrations.errors import TooManyCodes, WrongCode
from integrations.models import SecondFactor
from integrations.operations import second_factors
from integrations.operations.renewals import in_words
from integrations.portal_request import PortalRequest

SHOWN, STARTED = "second_factor", "second_factor_started"  # session keys
BEFORE_IT_IS_SHOWN = ("logout", "second_factor")
BEFORE_IT_IS_SET_UP = ("logout", "second_factor_set_up", "password_again")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


def doubts(request: HttpRequest) -> HttpResponse | None:
    """The page to show instead, where the second factor is still to be shown, or to be set up."""
    through = sso_session.of(request)
    if through and through.counts_as_second_factor:
        return None
    factor = second_factors.confirmed(_user(request))
    page = request.resolver_match.url_name if request.resolver_match else ""
    if factor is None:
        must = _is_required(request) and page not in BEFORE_IT_IS_SET_UP
        return _redirect("admin:second_factor_set_up", request.get_full_path()) if must else None
    if request.session.get(SHOWN) == factor.mark or page in BEFORE_IT_IS_SHOWN:
        return None
    return _redirect("admin:second_factor", request.get_full_path())


def ask(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form = CodeForm(request.POST or None)
    target = next_path.safe(request.GET.get("next"), default=reverse("admin:index"))
    factor, now = second_factors.confirmed(_user(request)), clock.now()
    if factor is None or request.session.get(SHOWN) == factor.mark:
        return HttpResponseRedirect(target)
    if form.is_valid():
        try:
            shown = second_factors.check(_user(request), form.cleaned_data["code"], now=now)
        except (WrongCode, TooManyCodes) as error:
            context["error"], form = _sentence(error, now), CodeForm()
        else:
            _note(request, shown)
            return HttpResponseRedirect(target)
    context |= {"form": form, "title": _("Your second factor, please")}
    return TemplateResponse(request, "admin/settings/second_factor.html", context)


def set_up(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    factor = second_factors.confirmed(_user(request))
    if factor is None:
        return _set_up_anew(request, context)
    action, now = request.POST.get("action"), clock.now()
    if action == "new_codes":
        context["codes"] = second_factors.renew_recovery_codes(factor, now=now)
    elif action == "remove" and not _is_required(request):
        second_factors.remove(factor.user, now=now)
        messages.success(request, _("Your second factor is removed. The password is enough again."))
        return HttpResponseRedirect(reverse("admin:index"))
    context |= {"factor": factor, "is_required": _is_required(request)}
    return _page(request, context)


def _set_up_anew(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    user, now = _user(request), clock.now()
    if request.POST.get("action") == "begin":
        begun = second_factors.begin(user)
        request.session[STARTED] = begun.pk if begun else None
        return HttpResponseRedirect(request.get_full_path())
    started = second_factors.begun(user, pk=request.session.get(STARTED))
    context["is_required"] = _is_required(request)
    if started is None:
        return _page(request, context)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            factor, codes = second_factors.confirm(user, form.cleaned_data["code"], now=now)
        except (WrongCode, TooManyCodes) as error:
            context["error"], form = _sentence(error, now), CodeForm()
        else:
            _note(request, factor)
            target = next_path.safe(request.GET.get("next"), default=reverse("admin:index"))
            return _page(request, context | {"factor": factor, "codes": codes, "target": target})
    secret = started.secret or ""
    uri = totp.uri(secret, issuer=request.get_host(), account=user.get_username())
    context |= {"form": form, "secret": secret, "qr_code": qr_code.draw(uri)}
    return _page(request, context)


def _is_required(request: HttpRequest) -> bool:
    return settings.SECOND_FACTOR_REQUIRED or sso_session.is_emergency(cast(PortalRequest, request))


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context |= {"title": _("Second factor")}
    return TemplateResponse(request, "admin/settings/second_factor_set_up.html", context)


def _note(request: HttpRequest, factor: SecondFactor) -> None:
    """In a session with a new key: who knew the old one knows nothing of this one."""
    request.session.cycle_key()
    request.session[SHOWN] = factor.mark


def _sentence(error: WrongCode | TooManyCodes, now: datetime) -> str:
    if isinstance(error, TooManyCodes):
        text = _("Too many wrong codes. Please wait until %(until)s.")
        return text % {"until": in_words(error.until, now)}
    return _("That code is not right, or was used before. Wait for the next one and type that.")


def _redirect(page: str, target: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': target})}")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
