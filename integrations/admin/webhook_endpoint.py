"""Webhooks: who hears of which events, how it goes, and the secret, shown once."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock
from integrations.admin.deletion import DeletedByName
from integrations.admin.webhook_form import WebhookForm
from integrations.errors import WebhookOff
from integrations.events import CHOSEN
from integrations.models import WebhookDelivery, WebhookEndpoint, administered
from integrations.operations import webhooks
from integrations.tasks.webhooks import wake_deliveries

TEMPLATES = "admin/integrations/webhookendpoint"


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(DeletedByName[WebhookEndpoint]):
    form = WebhookForm
    fieldsets = [
        (gettext_lazy("Receiver"), {"fields": ("name", "url", "is_enabled")}),
        (gettext_lazy("What it hears of"), {"fields": ("events", "app_ids", "hostnames")}),
    ]
    list_display = ("title", "state", "chosen", "waiting", "last_delivered")
    search_fields = ("name", "url")
    search_help_text = gettext_lazy("Name or URL")
    show_full_result_count = False
    ordering = ("name",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        waiting = WebhookDelivery.objects.waiting().filter(endpoint=OuterRef("pk")).order_by()
        counted = waiting.values("endpoint").annotate(n=Count("pk")).values("n")
        return super().get_queryset(request).annotate(waiting=Coalesce(Subquery(counted), 0))

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "integrations_webhookendpoint"
        return [
            path("<int:pk>/test/", wrap(self.test_view), name=f"{name}_test"),
            path("<int:pk>/secret/", wrap(self.secret_view), name=f"{name}_secret"),
            path("<int:pk>/switch-on/", wrap(self.switch_on_view), name=f"{name}_switch_on"),
            *super().get_urls(),
        ]

    # --- Columns ----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("name"))
    def title(self, endpoint: WebhookEndpoint) -> str:
        return render_to_string(f"{TEMPLATES}/_title.html", {"endpoint": endpoint})

    @admin.display(description=gettext_lazy("status"))
    def state(self, endpoint: WebhookEndpoint) -> str:
        return render_to_string(f"{TEMPLATES}/_state.html", {"endpoint": endpoint})

    @admin.display(description=gettext_lazy("events"))
    def chosen(self, endpoint: WebhookEndpoint) -> str:
        if len(endpoint.events) == len(CHOSEN):
            return _("all")
        return str(len(endpoint.events))

    @admin.display(description=gettext_lazy("waiting"))
    def waiting(self, endpoint: Any) -> str:
        return str(endpoint.waiting or "–")

    @admin.display(description=gettext_lazy("last delivered"))
    def last_delivered(self, endpoint: WebhookEndpoint) -> str:
        at = _last_delivered(endpoint)
        return render_to_string("admin/settings/_moment.html", {"at": at})

    # --- The page ---------------------------------------------------------------------------

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        endpoint = context.get("original")
        may_change = endpoint and self.has_change_permission(request, endpoint)
        context |= {"endpoint": endpoint, "may_change": may_change, "now": clock.now()}
        if endpoint:
            context["last_delivered"] = _last_delivered(endpoint)
            newest = endpoint.deliveries.order_by("-pk")
            context["newest"] = administered.visible(newest, by=request.user)[:5]
        return super().render_change_form(request, context, *args, **kw)

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        by = cast(User, request.user)
        webhooks.save(obj, changed=set(form.changed_data), by=by, now=clock.now())

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """No redirect: a message with the secret would travel in a cookie."""
        return self._show_secret(request, obj, str(obj.secret), is_new=True)

    def response_change(self, request: HttpRequest, obj: WebhookEndpoint) -> HttpResponse:
        return self._back_to(request, obj, _("“%s” is saved.") % obj)

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        webhooks.delete(obj, now=clock.now())

    def dependants(self, request: HttpRequest, obj: WebhookEndpoint) -> int:
        return 0

    # --- What its buttons do ------------------------------------------------------------------

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._posted(request, pk)
        try:
            delivery = webhooks.send_test(endpoint, now=clock.now())
        except WebhookOff:
            return self._back_to(request, endpoint, _("It is off: nothing was sent."), is_bad=True)
        wake_deliveries()
        messages.success(request, _("A test event is on its way. Load this page again to see how."))
        url = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
        return HttpResponseRedirect(url)

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks first: the receiver must be told within a day."""
        endpoint = self._editable(request, pk)
        if request.method == "POST":
            secret = webhooks.rotate_secret(endpoint, now=clock.now())
            return self._show_secret(request, endpoint, secret, is_new=False)
        context = self._page(request, endpoint, _("Replace the secret of “%s”?") % endpoint)
        return TemplateResponse(request, f"{TEMPLATES}/replace_secret.html", context)

    def switch_on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._posted(request, pk)
        try:
            webhooks.switch_on(endpoint, by=cast(User, request.user), now=clock.now())
        except WebhookOff:
            text = _("It has no secret to sign with. Make a new one first.")
            return self._back_to(request, endpoint, text, is_bad=True)
        wake_deliveries()
        return self._back_to(request, endpoint, _("“%s” is on: what waited is sent.") % endpoint)

    def _show_secret(
        self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str, *, is_new: bool
    ) -> HttpResponse:
        context = self._page(request, endpoint, _("The secret of “%s”") % endpoint)
        context |= {"secret": secret, "is_new": is_new}
        return TemplateResponse(request, f"{TEMPLATES}/secret.html", context)

    def _page(self, request: HttpRequest, endpoint: WebhookEndpoint, title: str) -> dict[str, Any]:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return context | {"endpoint": endpoint, "title": title}

    def _back_to(
        self, request: HttpRequest, endpoint: WebhookEndpoint, text: str, *, is_bad: bool = False
    ) -> HttpResponse:
        messages.add_message(request, messages.ERROR if is_bad else messages.SUCCESS, text)
        url = reverse("admin:integrations_webhookendpoint_change", args=[endpoint.pk])
        return HttpResponseRedirect(url)

    def _posted(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        if request.method != "POST":
            raise PermissionDenied
        return self._editable(request, pk)

    def _editable(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        endpoint = self.get_object(request, str(pk))
        if endpoint is None:
            raise Http404
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        return endpoint


def _last_delivered(endpoint: WebhookEndpoint) -> Any:
    taken = endpoint.deliveries.filter(state=WebhookDelivery.State.DELIVERED).order_by("-pk")
    return taken.values_list("last_attempt_at", flat=True).first()
