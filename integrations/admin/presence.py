"""Is it still the administrator? Idle sessions end; what gives power away asks for the password."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import next_path
from integrations import clock, sso_session

IDLE = timedelta(minutes=30)
PASSWORD_COUNTS_FOR = timedelta(hours=1)  # when a form is opened; it may take as long to fill in
SEEN, PASSWORD = "admin_seen_at", "password_at"  # session keys; seconds since 1970
NOTED_EVERY = timedelta(minutes=1)

ASK_FOR_PASSWORD = (
    "integrations_webexapp_add", "integrations_webexapp_change",  # secrets
    "integrations_identityprovider_add", "integrations_identityprovider_change",
    "integrations_identity_add",
    "integrations_apikey_add", "integrations_apikey_rotate",
    "accounts_user_add", "accounts_user_change", "accounts_user_delete",
    "second_factor_set_up",
    "auth_user_password_change", "auth_group_add", "auth_group_change", "auth_group_delete",
)  # fmt: skip


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


def note_password(request: HttpRequest, *, at: float | None = None) -> None:
    """Somebody just signed in, or showed that it is still them: now, or when a provider says."""
    now = clock.now().timestamp()
    request.session[SEEN] = now
    request.session[PASSWORD] = now if at is None else at


def doubts(request: HttpRequest) -> HttpResponse | None:
    """The page to show instead, where it need not be the administrator any more."""
    now = clock.now()
    if _is_longer_ago(request, (SEEN, PASSWORD), IDLE, now):
        logout(request)
        text = _("You were signed out, because nothing happened here for half an hour.")
        messages.info(request, text)
        return _ask(request, "admin:login")
    if _is_longer_ago(request, (SEEN,), NOTED_EVERY, now):
        request.session[SEEN] = now.timestamp()
    counts_for = PASSWORD_COUNTS_FOR * (2 if request.method == "POST" else 1)
    is_old = _is_longer_ago(request, (PASSWORD,), counts_for, now)
    page = request.resolver_match.url_name if request.resolver_match else ""
    return _ask(request, "admin:password_again") if is_old and page in ASK_FOR_PASSWORD else None


def ask_for_password(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form = PasswordForm(request.POST or None)  # not shown to who came through a provider
    target = next_path.safe(request.GET.get("next"), default=reverse("admin:index"))
    if form.is_valid():
        name = request.user.get_username()
        if authenticate(request, username=name, password=form.cleaned_data["password"]):
            note_password(request)
            return HttpResponseRedirect(target)
        form.add_error("password", _("That is not your password."))
    context |= {"form": form, "title": _("Your password, please"), "target": target}
    if sso_session.of(request):
        context["title"] = _("Sign in once more, please")
    return TemplateResponse(request, "admin/settings/password_again.html", context)


def _ask(request: HttpRequest, page: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")


def _is_longer_ago(
    request: HttpRequest, keys: tuple[str, ...], time: timedelta, now: datetime
) -> bool:
    """Since the latest of these; a moment in the future never was."""
    moments = [float(request.session.get(key, 0)) for key in keys]
    latest = max((each for each in moments if each <= now.timestamp() + 60), default=0.0)
    return now.timestamp() - latest > time.total_seconds()
