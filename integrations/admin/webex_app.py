"""Webex integrations: General · URLs · Redirect URIs. The client secret never comes out."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock, scopes
from integrations.admin import two_lists
from integrations.admin.deletion import DeletedByName
from integrations.admin.integration_list import IntegrationList, ListedApp
from integrations.admin.typed import ModelForm
from integrations.admin.webex_app_form import WebexAppForm
from integrations.errors import NotReady
from integrations.linking import test_link
from integrations.models import Grant, WebexApp
from integrations.operations import health, integrations, readiness, registered_uris

GENERAL = (
    "name", "is_enabled", "enable_anyway", "authorization_url", "client_id", "new_client_anyway",
    "new_client_secret", "default_provisioning_id", "device_linking_enabled",
)  # fmt: skip
ONLY_FOR_EDITORS = {
    "enable_anyway", "new_client_anyway", "new_client_secret", "hostnames", "new_hostnames",
}  # fmt: skip


URIS_ON_A_PAGE = 25  # and the whole form stays under 150 kB (tests/config/test_static_files.py)


class CloneForm(ModelForm[WebexApp]):
    class Meta:
        model = WebexApp
        fields = ("name",)


@admin.register(WebexApp)
class WebexAppAdmin(DeletedByName[WebexApp]):
    form = WebexAppForm
    list_display = ("title", "state", "readiness", "hostnames", "grants", "renewed", "clone_link")
    list_filter = ("is_enabled",)
    search_fields = ("name", "client_id", "branded_urls__hostname")
    search_help_text = gettext_lazy("Name, client ID or hostname")
    show_full_result_count = False
    ordering = ("name",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return IntegrationList

    def get_fieldsets(self, request: HttpRequest, obj: WebexApp | None = None) -> Any:
        general, urls = list(GENERAL), ["hostnames", "new_hostnames"]
        if obj is not None and not self.has_change_permission(request, obj):
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
        form.may_create_hostnames = request.user.has_perm("integrations.add_brandedurl")
        return form

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "integrations_webexapp"
        return [
            path("hostnames/", wrap(self.hostnames_view), name=f"{name}_hostnames"),
            path("<int:pk>/clone/", wrap(self.clone_view), name=f"{name}_clone"),
            path("<int:pk>/disable/", wrap(self.disable_view), name=f"{name}_disable"),
            path("<int:pk>/forget-secret/", wrap(self.forget_view), name=f"{name}_forget_secret"),
            path("<int:pk>/redirect-uris/", wrap(self.uris_view), name=f"{name}_redirect_uris"),
            path("<int:pk>/test/<int:hostname>/", wrap(self.test_view), name=f"{name}_test"),
            path("<int:pk>/test/<int:hostname>/progress/", wrap(self.progress_view)),
            *super().get_urls(),
        ]

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

    def _back_to(self, request: HttpRequest, obj: WebexApp, text: str, *, tab: str) -> HttpResponse:
        messages.success(request, text)
        return HttpResponseRedirect(f"{_change_url(obj)}#{tab}")

    # --- The page ---------------------------------------------------------------------------

    def render_change_form(
        self, request: Any, context: Any, add: Any = False, change: Any = False,
        form_url: Any = "", obj: Any = None,
    ) -> HttpResponse:  # fmt: skip
        if obj:
            context |= self._facts(obj, request.GET)
        may_ask = getattr(context["adminform"].form, "asks_to_enable", False)
        context |= {"asks_to_enable": may_ask, "minimum_scopes": "\n".join(scopes.MINIMUM)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _facts(self, app: WebexApp, asked: QueryDict) -> dict[str, Any]:
        """As stored, not as typed into a form that was refused."""
        now = clock.now()
        stored = WebexApp.objects.get(pk=app.pk)
        facts = readiness.collect_facts([stored], now=now)[stored.pk]
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
            "readiness": readiness.check_readiness(stored, facts, now=now),
            "understood": stored.pasted,
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

    @admin.display(description=gettext_lazy("enabled"), ordering="is_enabled")
    def state(self, app: WebexApp) -> str:
        return render_to_string("admin/settings/_app_state.html", {"app": app})

    @admin.display(description=gettext_lazy("readiness"))
    def readiness(self, app: ListedApp) -> str:
        context = {"readiness": app.figures.readiness, "url": _change_url(app)}
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

    # --- Clone, disable, test, delete -------------------------------------------------------

    def clone_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CloneForm(request.POST or None, initial={"name": _("Copy of %s") % app})
        if copy := self._cloned(app, form):
            text = _("“%s” is a copy and disabled. The panel says what is left to do.") % copy
            return self._back_to(request, copy, text, tab="general")
        context = {**self.admin_site.each_context(request), "form": form, "app": app}
        context |= {"opts": self.opts, "title": _("Clone “%s”") % app}
        return TemplateResponse(request, "admin/integrations/webexapp/clone.html", context)

    def _cloned(self, app: WebexApp, form: CloneForm) -> WebexApp | None:
        if not form.is_valid():
            return None
        try:
            return integrations.clone(app, name=form.cleaned_data["name"], now=clock.now())
        except IntegrityError:  # a colleague took that name after it was looked at
            form.full_clean()
            return None

    def hostnames_view(self, request: HttpRequest) -> JsonResponse:
        """The next page of one of the two lists under URLs."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        get = request.GET.get
        app = self.get_object(request, get("app", ""))
        wanted, after = get("q", ""), get("after", "")
        return JsonResponse(two_lists.page_of(get("side", ""), app, wanted=wanted, after=after))

    def uris_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All of them, one a line, where they are too many for one page."""
        brands = self._object_or_404(request, pk).branded_urls.order_by("hostname").defer("logo")
        lines = "".join(f"{brand.redirect_uri}\n" for brand in brands)
        return HttpResponse(lines, content_type="text/plain; charset=utf-8")

    def disable_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        integrations.disable(app, now=clock.now())
        return self._back_to(request, app, _("“%s” is disabled.") % app, tab="general")

    def forget_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        if integrations.forget_previous_secret(app, now=clock.now()):
            text = _("The previous client secret of “%s” is forgotten.")
        else:
            text = _("“%s” keeps it, because Webex accepts no other; or it was gone already.")
        return self._back_to(request, app, text % app, tab="general")

    def test_view(self, request: HttpRequest, pk: int, hostname: int) -> HttpResponse:
        app = self._object_or_404(request, pk)
        if request.method != "POST" or not self.has_change_permission(request, app):
            raise PermissionDenied
        try:
            url = test_link.begin(app, hostname, user=cast(User, request.user), now=clock.now())
        except NotReady:
            text = _("Fill in authorization URL, client ID and client secret first.")
            messages.error(request, text)
            return HttpResponseRedirect(f"{_change_url(app)}#general")
        # A page, not a redirect: `form-action 'self'` holds for every hop that follows a form.
        return render(request, "admin/settings/taking_you_to_the_test.html", {"url": url})

    def progress_view(self, request: HttpRequest, pk: int, hostname: int) -> JsonResponse:
        """How the last "Test link" goes, for the tab in which it was pressed."""
        app, user = self._object_or_404(request, pk), cast(User, request.user)
        progress = test_link.progress(app, hostname, user=user, now=clock.now())
        return JsonResponse({"progress": progress})

    def _object_or_404(self, request: HttpRequest, pk: int) -> WebexApp:
        app = self.get_object(request, str(pk))
        if app is None or not self.has_view_or_change_permission(request, app):
            raise Http404
        return app

    def delete_model(self, request: HttpRequest, obj: WebexApp) -> None:
        integrations.delete(obj, now=clock.now())

    def dependants(self, obj: WebexApp) -> int:
        return Grant.objects.not_disconnected().filter(app=obj).count()


def _change_url(app: WebexApp) -> str:
    return reverse("admin:integrations_webexapp_change", args=[app.pk])
