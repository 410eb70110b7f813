"""Identity providers: where people of a brand sign in, whether it is ready, and *Check*."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.admin import powers
from integrations.admin.deletion import DeletedByName
from integrations.admin.identity_provider_form import IdentityProviderForm
from integrations.models import IdentityProvider
from integrations.models.limited_administrator import limits_of
from integrations.operations.check import Level
from integrations.single_sign_on import providers

TEMPLATES = "admin/integrations/identityprovider"


class ForAllBrands:
    """Who administers some hostnames only does not say who signs in, and as whom."""

    def _may(self, request: HttpRequest) -> bool:
        return limits_of(cast(User, request.user)) is None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request) and super().has_module_permission(request)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request) and super().has_add_permission(request)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request) and super().has_delete_permission(request, obj)  # type: ignore[misc]


@admin.register(IdentityProvider)
class IdentityProviderAdmin(ForAllBrands, DeletedByName[IdentityProvider]):
    form = IdentityProviderForm
    fieldsets = [
        (
            gettext_lazy("Registration"),
            {"fields": (
                "name", "is_enabled", "issuer", "client_id", "new_client_secret", "scopes",
            )},
        ),
        (
            gettext_lazy("People and roles"),
            {"fields": ("makes_people", "groups_claim", "roles", "settings_groups")},
        ),
        (
            gettext_lazy("Where and how"), {"fields": ("portal_rule", "second_factor_values")}
        ),
    ]  # fmt: skip
    list_display = ("name", "state", "issuer", "hostnames")
    search_fields = ("name", "issuer")
    search_help_text = gettext_lazy("Name or issuer")
    show_full_result_count = False
    ordering = ("name",)
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(self.check_view)
        name = "integrations_identityprovider_check"
        return [path("<int:pk>/check/", check, name=name), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of a user who may do more: by another group or claim they would give it away."""
        may = super().has_change_permission(request, obj)
        return may and not (obj and powers.gives_more(obj, cast(User, request.user)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who opens the settings is a superuser's to say, here as for a user."""
        return () if cast(User, request.user).is_superuser else ("settings_groups",)

    @admin.display(description=gettext_lazy("status"))
    def state(self, provider: IdentityProvider) -> str:
        return render_to_string(f"{TEMPLATES}/_state.html", {"provider": provider})

    @admin.display(description=gettext_lazy("signs in at"))
    def hostnames(self, provider: IdentityProvider) -> str:
        found = [each.hostname for each in providers.addresses(provider)]
        return ", ".join(found[:3]) + (" …" if len(found) > 3 else "") or "–"

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        provider = context.get("original")
        context |= {"provider": provider}
        if provider:
            context["checks"] = providers.readiness(provider)
            context["addresses"] = providers.addresses(provider)
            context["people"] = provider.identities.count()
        return super().render_change_form(request, context, *args, **kw)

    def save_model(
        self, request: HttpRequest, obj: IdentityProvider, form: Any, change: bool
    ) -> None:
        secret = form.cleaned_data["new_client_secret"]
        changed = set(form.changed_data) - {"new_client_secret"}
        roles = form.cleaned_data["roles"] if "roles" in changed or not change else None
        providers.save(obj, changed=changed, secret=secret, roles=roles, now=clock.now())

    def delete_model(self, request: HttpRequest, obj: IdentityProvider) -> None:
        providers.delete(obj, now=clock.now())

    def dependants(self, request: HttpRequest, obj: IdentityProvider) -> int:
        return obj.identities.count() + obj.branded_urls.count()

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            raise PermissionDenied
        provider = self.get_object(request, str(pk))
        if provider is None:
            raise Http404
        if not self.has_view_permission(request, provider):
            raise PermissionDenied
        check = providers.ask(provider)
        level = messages.SUCCESS if check.level is Level.FINE else messages.ERROR
        messages.add_message(request, level, f"{check.sentence} {check.next_step}".strip())
        url = reverse("admin:integrations_identityprovider_change", args=[provider.pk])
        return HttpResponseRedirect(url)
