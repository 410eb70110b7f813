"""Deliveries of webhooks: what was sent to whom, what came back, and sending it again."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import clock
from integrations.admin.lists import CappedPaginator, ReadOnly
from integrations.errors import WebhookOff, WebhookOutOfReach
from integrations.events import EventType
from integrations.models import WebhookDelivery
from integrations.operations import webhooks
from integrations.tasks.webhooks import wake_deliveries

TEMPLATES = "admin/integrations/webhookdelivery"


class TypeFilter(admin.SimpleListFilter):
    title = gettext_lazy("event")
    parameter_name = "type"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [(each.value, each.value) for each in EventType]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(event_type=self.value()) if self.value() else queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly[WebhookDelivery]):
    list_display = ("what", "moment", "to", "how", "answer")
    list_filter = ("endpoint", "state", TypeFilter)
    search_fields = ("=event_id",)
    search_help_text = gettext_lazy("A whole webhook-id")
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("state",)  # the page itself is a template
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).select_related("endpoint")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_again_view)
        name = "integrations_webhookdelivery_send_again"
        return [path("<int:pk>/send-again/", view, name=name), *super().get_urls()]

    # --- Columns ----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("event"))
    def what(self, delivery: WebhookDelivery) -> str:
        return delivery.event_type

    @admin.display(description=gettext_lazy("when"))
    def moment(self, delivery: WebhookDelivery) -> str:
        context = {"at": delivery.created_at, "is_exact": True}
        return render_to_string("admin/settings/_moment.html", context)

    @admin.display(description=gettext_lazy("webhook"))
    def to(self, delivery: WebhookDelivery) -> str:
        return str(delivery.endpoint)

    @admin.display(description=gettext_lazy("status"))
    def how(self, delivery: WebhookDelivery) -> str:
        return render_to_string(f"{TEMPLATES}/_state.html", {"delivery": delivery})

    @admin.display(description=gettext_lazy("answer"))
    def answer(self, delivery: WebhookDelivery) -> str:
        return render_to_string(f"{TEMPLATES}/_answer.html", {"delivery": delivery})

    # --- One delivery -----------------------------------------------------------------------

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        delivery = context["original"]
        context |= {
            "delivery": delivery,
            "title": "",
            "body": json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
            "may_send": self.has_resend_permission(request) and delivery.endpoint.is_enabled,
        }
        return super().render_change_form(request, context, *args, **kw)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.resend_webhookdelivery")

    def send_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        delivery = self.get_object(request, str(pk))
        if delivery is None:
            raise Http404
        if request.method != "POST" or not self.has_resend_permission(request):
            raise PermissionDenied
        try:
            webhooks.send_again(delivery, now=clock.now())
        except WebhookOff:
            messages.error(request, _("The webhook is off: nothing was sent."))
        except WebhookOutOfReach:
            text = _("Its limits have changed: this event is not for it any more.")
            messages.error(request, text)
        else:
            wake_deliveries()
            text = _("It is on its way again, with the same webhook-id. Load this page again.")
            messages.success(request, text)
        url = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
        return HttpResponseRedirect(url)
