"""API keys: made here and shown once, then rotated and revoked. Nobody changes what one may do."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.admin import hostname_lines
from integrations.admin.timeline import WithTimeline
from integrations.admin.typed import ModelMultipleChoiceField
from integrations.errors import KeyRotated
from integrations.models import ApiKey, BrandedURL, WebexApp, administered
from integrations.models.api_key import KeyScope
from integrations.models.limited_administrator import limits_of
from integrations.operations import api_keys

LIVES = [("90", gettext_lazy("90 days")), ("365", gettext_lazy("a year"))]
FOR_EVER = ("", gettext_lazy("until it is revoked"))
LISTED = 8  # integrations and hostnames by name; of more, how many


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    user: User  # set by the admin: who makes it
    may = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=KeyScope.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"}),
    )
    apps = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only these integrations"),
        queryset=WebexApp.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"}),
        help_text=gettext_lazy("None ticked: all, also those that come later."),
    )
    hostnames = hostname_lines.HostnameLinesField(
        label=gettext_lazy("Only these hostnames"),
        required=False,
        help_text=gettext_lazy(
            "One a line; empty: all. Such a key also works at these hostnames themselves; others "
            "only at the hosts of these settings."
        ),
    )
    days = forms.ChoiceField(
        label=gettext_lazy("Works for"), choices=[*LIVES, FOR_EVER], required=False, initial="90"
    )

    class Meta:
        model = ApiKey
        fields = ("name",)
        help_texts = {"name": gettext_lazy("Which program uses it, and whose it is.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        apps = cast("ModelMultipleChoiceField[WebexApp]", self.fields["apps"])
        apps.queryset = administered.visible(WebexApp.objects.order_by("name"), by=self.user)
        if limits_of(self.user) is not None:
            hostname_lines.require(self.fields["hostnames"])

    def clean_hostnames(self) -> list[int] | None:
        """Ids of branded URLs; None where nothing was typed."""
        wanted = hostname_lines.branded(self.cleaned_data["hostnames"], by=self.user)
        brands = BrandedURL.objects.filter(hostname__in=wanted).order_by("pk")
        return list(brands.values_list("pk", flat=True)) or None


class KeyList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = shown = list(self.result_list)
        why, limits, now = api_keys.why_abandoned(shown), _limits(shown), clock.now()
        for key in shown:
            vars(key)["facts"] = {
                "key": key,
                "is_expired": key.is_expired(now),
                "why_abandoned": why[key.pk],
                **limits[key.pk],
            }


@admin.register(ApiKey)
class ApiKeyAdmin(WithTimeline[ApiKey]):
    form = ApiKeyForm
    fields = ("name", "may", "apps", "hostnames", "days")
    list_display = ("title", "state", "may", "where", "used")
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_urls(self) -> list[URLPattern]:
        views = {
            "rotate": self.rotate_view,
            "take_over": self.take_over_view,
            "revoke": self.revoke_view,
        }
        return [
            *(path(f"<int:pk>/{name}/", self.admin_site.admin_view(view),
                   name=f"integrations_apikey_{name}") for name, view in views.items()),
            *super().get_urls(),
        ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.manage_apikey")

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        may = self.has_add_permission(request) or super().has_view_permission(request)
        return may and (obj is None or administered.may_see(obj, by=cast(User, request.user)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    # --- One key ----------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return super().get_fields(request, obj) if obj is None else ("name",)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        if key := context.get("original"):
            now = clock.now()
            context |= {
                "key": key,
                "is_alive": key.is_alive(now),
                "is_expired": key.is_expired(now),
                "is_rotated": key.successors.filter(revoked_at=None).exists(),
                "why_abandoned": api_keys.why_abandoned([key])[key.pk],
                "may_manage": self.has_add_permission(request),
                **_limits([key])[key.pk],
            }
        return super().render_change_form(request, context, *args, **kw)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        now, asked = clock.now(), form.cleaned_data
        days = timedelta(days=int(asked["days"])) if asked["days"] else None
        key, secret = api_keys.make(
            name=asked["name"],
            scopes=asked["may"],
            app_ids=[app.pk for app in asked["apps"]] or None,
            hostname_ids=asked["hostnames"],
            expires_at=now + days if days else None,
            by=cast(User, request.user),
            now=now,
        )
        obj.__dict__ |= vars(key) | {"shown_once": secret}

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_once(request, obj, vars(obj)["shown_once"])

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self._managed(request, pk)
        try:
            by = cast(User, request.user)
            successor, secret = api_keys.rotate(key, by=by, now=clock.now())
        except KeyRotated:
            messages.error(request, _("It has a successor already, or works no more."))
            return HttpResponseRedirect(_url(key))
        return self._show_once(request, successor, secret)

    def take_over_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self._managed(request, pk)
        api_keys.take_over(key, by=cast(User, request.user), now=clock.now())
        messages.success(request, _("You answer for “%s” from now on.") % key)
        return HttpResponseRedirect(_url(key))

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        key = self._managed(request, pk)
        api_keys.revoke(key, now=clock.now())
        messages.success(request, _("“%s” is revoked and works no more.") % key)
        return HttpResponseRedirect(_url(key))

    def _managed(self, request: HttpRequest, pk: int) -> ApiKey:
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        key = self.get_object(request, str(pk))
        if key is None:
            raise Http404
        return key

    def _show_once(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy the key now"),
            "opts": self.opts,
            "key": key,
            "secret": secret,
            "url": _url(key),
        }
        return TemplateResponse(request, "admin/integrations/apikey/shown_once.html", context)

    # --- Columns ----------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return KeyList

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).select_related("created_by", "replaces")

    @admin.display(description=gettext_lazy("name"))
    def title(self, key: ApiKey) -> str:
        return render_to_string("admin/integrations/apikey/_title.html", {"key": key})

    @admin.display(description=gettext_lazy("status"))
    def state(self, key: ApiKey) -> str:
        return render_to_string("admin/integrations/apikey/_state.html", vars(key)["facts"])

    @admin.display(description=gettext_lazy("may"))
    def may(self, key: ApiKey) -> str:
        return render_to_string("admin/integrations/apikey/_scopes.html", {"key": key})

    @admin.display(description=gettext_lazy("where"))
    def where(self, key: ApiKey) -> str:
        return render_to_string("admin/integrations/apikey/_where.html", vars(key)["facts"])

    @admin.display(description=gettext_lazy("last used"))
    def used(self, key: ApiKey) -> str:
        return render_to_string("admin/integrations/apikey/_used.html", {"key": key})


def _url(key: ApiKey) -> str:
    return reverse("admin:integrations_apikey_change", args=[key.pk])


def _limits(keys: Collection[ApiKey]) -> dict[int, dict[str, Any]]:
    """By primary key, the first names; None where there is no limit."""
    apps = _named(WebexApp, "name", [key.app_ids for key in keys])
    brands = _named(BrandedURL, "hostname", [key.hostname_ids for key in keys])
    return {
        key.pk: {
            "apps": None if key.app_ids is None else apps(key.app_ids),
            "more_apps": max(len(key.app_ids or ()) - LISTED, 0),
            "brands": None if key.hostname_ids is None else brands(key.hostname_ids),
            "more_brands": max(len(key.hostname_ids or ()) - LISTED, 0),
        }
        for key in keys
    }


def _named(
    model: type[Model], column: str, limits: list[list[int] | None]
) -> Callable[[list[int]], list[str]]:
    """What a limit calls its first, of all of these limits in one query."""
    wanted = {pk for ids in limits for pk in (ids or ())[:LISTED]}
    names = dict(model._default_manager.filter(pk__in=wanted).values_list("pk", column))
    return lambda ids: sorted(names[pk] for pk in ids[:LISTED] if pk in names)
