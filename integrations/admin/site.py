"""Settings → Webex: the start page, the sidebar, and the tool that explains who gets what."""

from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from integrations import clock
from integrations.admin import first_steps, keys, presence, second_factor
from integrations.admin.chart import bars_of, columns_of, spans_of
from integrations.models.limited_administrator import limits_of
from integrations.operations import activity, dashboard, who_gets_what

WORTH_A_CHART = 20  # linked users; of fewer a sentence says as much


@dataclass(frozen=True)
class Item:
    label: Any
    icon: str
    url: str
    is_current: bool


SECTIONS: list[tuple[Any, list[tuple[Any, str, str, str]]]] = [
    (
        _("Settings → Webex"),
        [
            (_("Overview"), "overview", "index", "integrations.view_webexapp"),
            (_("Integrations"), "plug", "integrations_webexapp_changelist", ""),
            (_("Branded URLs"), "globe", "integrations_brandedurl_changelist", ""),
            (_("Grants"), "key", "integrations_grant_changelist", ""),
            (_("Events"), "clock", "integrations_grantevent_changelist", ""),
            (_("Webhooks"), "arrow", "integrations_webhookendpoint_changelist", ""),
            (_("Deliveries"), "retry", "integrations_webhookdelivery_changelist", ""),
            (_("Who gets what"), "search", "who_gets_what", "integrations.view_webexapp"),
            (_("Keys"), "lock", "keys", "integrations.view_keycensus"),
        ],
    ),
    (
        _("People"),
        [
            (_("Users"), "user", "accounts_user_changelist", ""),
            (_("Groups"), "users", "auth_group_changelist", ""),
            (_("Identity providers"), "lock", "integrations_identityprovider_changelist", ""),
            (_("API keys"), "key", "integrations_apikey_changelist", ""),
            (_("Audit"), "audit", "integrations_auditevent_changelist", ""),
        ],
    ),
]


ABOUT_ALL = ("keys",)  # of no use to who administers some hostnames


class WhoForm(forms.Form):
    username = forms.CharField(label=_("Portal user name"), max_length=150)
    hostname = forms.CharField(label=_("Hostname"), max_length=300)


class SettingsSite(admin.AdminSite):
    site_header = site_title = _("Webex integration manager")
    index_title = _("Overview")
    enable_nav_sidebar = False  # the sidebar is our own

    def get_urls(self) -> list[URLResolver | URLPattern]:
        tools = {
            "who_gets_what": self.who_gets_what,
            "password_again": self.password_again,
            "keys": self.keys,
            "second_factor": self.second_factor,
            "second_factor_set_up": self.second_factor_set_up,
        }
        return [
            *(path(f"{name.replace('_', '-')}/", self.admin_view(view), name=name)
              for name, view in tools.items()),
            *(each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"),
        ]  # fmt: skip

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            _check_filters(request.GET)
            page = _instead(request) if self.has_permission(request) else None
            response: HttpResponse = page or inner(request, *args, **kwargs)
            return response

        return answer

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        theirs = {"navigation": self._navigation(request), "limits": limits_of(request.user)}
        return {**super().each_context(request), **theirs}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        context = dict(extra_context or {})
        if not request.user.has_perm("integrations.view_webexapp"):
            return super().index(request, context)
        if limits_of(request.user):
            context["theirs"] = dashboard.figures_of(cast(User, request.user), now=clock.now())
        else:
            now = clock.now()
            context["dashboard"] = figures = dashboard.overall_figures(now=now)
            context["bars"] = bars_of(figures.weeks)
            context["first_steps"] = first_steps.steps(figures)
            context["is_worth_a_chart"] = figures.linked >= WORTH_A_CHART
            context |= _pictures(activity.lately(now=now))
            context["now"] = now
        return super().index(request, context)

    def app_index(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """No list for each of Django's apps: the navigation has everything."""
        return HttpResponseRedirect(reverse(f"{self.name}:index"))

    def who_gets_what(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("integrations.view_webexapp"):
            raise PermissionDenied
        form = WhoForm(request.GET or None)
        context = {**self.each_context(request), "title": _("Who gets what"), "form": form}
        if form.is_valid():
            by = cast(User, request.user)
            context["explanation"] = who_gets_what.explain(**form.cleaned_data, by=by)
        return TemplateResponse(request, "admin/settings/who_gets_what.html", context)

    def keys(self, request: HttpRequest) -> HttpResponse:
        return keys.page(request, self.each_context(request))

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        return second_factor.ask(request, self.each_context(request))

    def second_factor_set_up(self, request: HttpRequest) -> HttpResponse:
        return second_factor.set_up(request, self.each_context(request))

    def password_again(self, request: HttpRequest) -> HttpResponse:
        return presence.ask_for_password(request, self.each_context(request))

    def _navigation(self, request: HttpRequest) -> list[tuple[Any, list[Item]]]:
        sections = []
        for title, entries in SECTIONS:
            allowed = [entry for entry in entries if self._may_open(request, entry)]
            items = [self._item(request, *entry[:3]) for entry in allowed]
            if items:
                sections.append((title, items))
        return sections

    def _may_open(self, request: HttpRequest, entry: tuple[Any, str, str, str]) -> bool:
        _label, _icon, name, permission = entry
        if permission:
            is_about_all = name in ABOUT_ALL and limits_of(request.user) is not None
            return request.user.has_perm(permission) and not is_about_all
        for model, model_admin in self._registry.items():
            if name == f"{model._meta.app_label}_{model._meta.model_name}_changelist":
                return model_admin.has_view_or_change_permission(request)
        return False

    def _item(self, request: HttpRequest, label: Any, icon: str, name: str) -> Item:
        url = reverse(f"{self.name}:{name}")
        here = request.path == url if name == "index" else request.path.startswith(url)
        return Item(label, icon, url, here)


def _pictures(lately: activity.Activity) -> dict[str, Any]:
    return {
        "is_any_activity": lately.is_any,
        "pictures": [
            ("hours", _("Last 24 hours"), columns_of(lately.hours), lately.hours),
            ("days", _("Last 30 days"), columns_of(lately.days), lately.days),
        ],
        "incidents": spans_of(lately.incidents),
    }


def _instead(request: HttpRequest) -> HttpResponse | None:
    """The page that must come first."""
    return presence.doubts(request) or second_factor.doubts(request)


def _check_filters(asked: QueryDict) -> None:
    """A regular expression can keep a database busy for ever; PostgreSQL chokes on a NUL."""
    for name, values in asked.lists():
        if name.endswith("regex") or "\x00" in "".join([name, *values]):
            raise BadRequest
