"""Webex integrations: General · URLs · Redirect URIs. The client secret never comes out."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
)
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock, scopes
from integrations.admin.administered import limits
from integrations.admin.integration_list import EnabledFilter, IntegrationList, ListedApp
from integrations.admin.typed import ModelForm
from integrations.admin.webex_app_actions import WithActions, change_url
from integrations.admin.webex_app_form import WebexAppForm
from integrations.models import BrandedURL, Grant, WebexApp, administered
from integrations.operations import health, integrations, readiness, registered_uris

GENERAL = (
    "name", "is_enabled", "enable_anyway", "authorization_url", "client_id", "new_client_anyway",
    "new_client_secret", "default_provisioning_id", "device_linking_enabled",
)  # fmt: skip
ONLY_FOR_EDITORS = {
    "enable_anyway", "new_client_anyway", "new_client_secret", "hostnames", "new_hostnames",
}  # fmt: skip


# The pasted URL, for one, may name a hostname of others.
OF_A_SHARED_ONE = ("name", "is_enabled", "device_linking_enabled")
URIS_ON_A_PAGE = 25  # and the whole form stays under 150 kB (tests/config/test_static_files.py)


@admin.register(WebexApp)
class WebexAppAdmin(WithActions):
    form = WebexAppForm
    list_display = ("title", "state", "readiness", "hostnames", "grants", "renewed", "clone_link")
    list_filter = (("is_enabled", EnabledFilter),)
    search_fields = ("name", "client_id", "branded_urls__hostname")
    search_help_text = gettext_lazy("Name, client ID or hostname")
    show_full_result_count = False
    ordering = ("name",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return IntegrationList

    def get_list_display(self, request: HttpRequest) -> Any:
        may_clone = self.has_clone_permission(request)
        return self.list_display if may_clone else self.list_display[:-1]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebexApp], search_term: str
    ) -> tuple[QuerySet[WebexApp], bool]:
        """By name and hostname only, where an integration may have hostnames of others."""
        if limits(request) is None:
            return super().get_search_results(request, queryset, search_term)
        brands = BrandedURL.objects.filter(hostname__icontains=search_term.strip())
        theirs = administered.visible(brands, by=cast(User, request.user)).values("app")
        named = Q(name__icontains=search_term.strip())
        return queryset.filter(named | Q(pk__in=theirs.filter(app__isnull=False))), False

    def get_fieldsets(self, request: HttpRequest, obj: WebexApp | None = None) -> Any:
        general, urls = list(GENERAL), ["hostnames", "new_hostnames"]
        if obj is not None and not self.has_change_permission(request, obj):
            if not administered.may_change(obj, by=cast(User, request.user)):
                return [(_("General"), {"fields": OF_A_SHARED_ONE})]
            general = [name for name in general if name not in ONLY_FOR_EDITORS]
            return [(_("General"), {"fields": [*general, "secret_state"]})]
        return [(_("General"), {"fields": general}), (_("URLs"), {"fields": urls})]

    def get_readonly_fields(self, request: HttpRequest, obj: WebexApp | None = None) -> Any:
        may_edit = obj is None or self.has_change_permission(request, obj)
        return () if may_edit else ("secret_state",)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The extra fields are the form's own; Django would look for them in the model."""
        kwargs["fields"] = [name for name in GENERAL if name not in ONLY_FOR_EDITORS]
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        may_add = request.user.has_perm("integrations.add_brandedurl")
        form.may_create_hostnames = may_add and limits(request) is None
        return form

    # --- Saving -----------------------------------------------------------------------------

    def save_model(
        self, request: HttpRequest, obj: WebexApp, form: ModelForm[WebexApp], change: bool
    ) -> None:
        lost = integrations.save(
            obj,
            secret=form.cleaned_data["new_client_secret"],
            changed=set(form.changed_data),
            hostnames=cast(WebexAppForm, form).chosen_hostnames(),
            now=clock.now(),
        )
        if lost:
            text = _("Another integration took these in the meantime, or they are gone: %(names)s.")
            messages.warning(request, text % {"names": ", ".join(lost)})

    def response_add(
        self, request: HttpRequest, obj: WebexApp, post_url_continue: str | None = None
    ) -> HttpResponse:
        if obj.branded_urls.exists():
            text = _("“%s” is saved. Next: register these redirect URIs at developer.webex.com.")
            return self._back_to(request, obj, text % obj, tab="redirect-uris")
        text = _("“%s” is saved. Next: select the hostnames that use it.")
        return self._back_to(request, obj, text % obj, tab="urls")

    def response_change(self, request: HttpRequest, obj: WebexApp) -> HttpResponse:
        tab = request.POST.get("tab", "")
        tab = tab if tab in ("general", "urls", "redirect-uris") else "general"
        return self._back_to(request, obj, _("“%s” is saved.") % obj, tab=tab)

    # --- The page ---------------------------------------------------------------------------

    def render_change_form(
        self, request: Any, context: Any, add: Any = False, change: Any = False,
        form_url: Any = "", obj: Any = None,
    ) -> HttpResponse:  # fmt: skip
        if obj:
            context |= self._facts(obj, request)
        may_ask = getattr(context["adminform"].form, "asks_to_enable", False)
        context["may_clone"] = self.has_clone_permission(request)
        context |= {"asks_to_enable": may_ask, "minimum_scopes": "\n".join(scopes.MINIMUM)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _facts(self, app: WebexApp, request: HttpRequest) -> dict[str, Any]:
        """As stored, not as typed into a form that was refused."""
        now, asked, by = clock.now(), request.GET, cast(User, request.user)
        stored = WebexApp.objects.get(pk=app.pk)
        is_shared = not administered.may_change(stored, by=by)
        facts = readiness.collect_facts([stored], now=now, by=by)[stored.pk]
        wanted = asked.get("find", "").strip().lower()
        found = [brand for brand in facts.brands if wanted in brand.hostname]
        page = Paginator(found, URIS_ON_A_PAGE).get_page(asked.get("uris"))
        return {
            "app": stored,
            "uri_page": page,
            "uri_wanted": wanted,
            "uri_find": urlencode({"find": wanted}),
            "uri_count": len(facts.brands),
            "returned_count": sum(bool(brand.last_return_at) for brand in facts.brands),
            "is_shared": is_shared,
            "readiness": None if is_shared else readiness.check_readiness(stored, facts, now=now),
            "understood": None if is_shared else stored.pasted,
            "redirect_uris": [
                (brand, facts.traffic.get(brand.redirect_uri, registered_uris.Traffic()))
                for brand in page
            ],
            "helper_uris": registered_uris.helper_uris(stored),
            "first_death": health.first_death(stored, now=now),
            "can_test": stored.client_secret_set_at and stored.pasted,
        }

    @admin.display(description=gettext_lazy("client secret"))
    def secret_state(self, app: WebexApp) -> str:
        if app.client_secret_set_at:
            return _("Set on %s") % formats.date_format(app.client_secret_set_at)
        return _("Not set")

    # --- Columns ----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def title(self, app: WebexApp) -> str:
        return str(app)

    @admin.display(description=gettext_lazy("status"), ordering="is_enabled")
    def state(self, app: WebexApp) -> str:
        return render_to_string("admin/settings/_app_state.html", {"app": app})

    @admin.display(description=gettext_lazy("readiness"))
    def readiness(self, app: ListedApp) -> str:
        if app.figures.readiness is None:
            return "–"
        context = {"readiness": app.figures.readiness, "url": change_url(app)}
        return render_to_string("admin/settings/_readiness_badge.html", context)

    @admin.display(description=gettext_lazy("hostnames"))
    def hostnames(self, app: ListedApp) -> str:
        return render_to_string("admin/settings/_hostnames.html", {"brands": app.figures.brands})

    @admin.display(description=gettext_lazy("grants"))
    def grants(self, app: ListedApp) -> str:
        context = {"renewals": app.figures.renewals}
        return render_to_string("admin/settings/_grant_figures.html", context)

    @admin.display(description=gettext_lazy("last renewal"))
    def renewed(self, app: ListedApp) -> str:
        context = {"at": app.figures.renewals.renewed_at}
        return render_to_string("admin/settings/_moment.html", context)

    @admin.display(description=gettext_lazy("clone"))
    def clone_link(self, app: WebexApp) -> str:
        url = reverse("admin:integrations_webexapp_clone", args=[app.pk])
        return render_to_string("admin/settings/_clone_link.html", {"url": url, "app": app})

    # --- Deleting ---------------------------------------------------------------------------

    def delete_model(self, request: HttpRequest, obj: WebexApp) -> None:
        integrations.delete(obj, now=clock.now())

    def dependants(self, request: HttpRequest, obj: WebexApp) -> int:
        """For who administers some, also what is left of users of others: it would go along."""
        goes_along = Q(status=Grant.Status.DISCONNECTED)
        if theirs := limits(request):
            goes_along &= administered.linked_at(theirs.hostnames)
        return Grant.objects.filter(app=obj).exclude(goes_along).count()
