"""Events: what happened to whose grant, newest first."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations.admin.lists import CappedPaginator, ReadOnly
from integrations.models import GrantEvent

MOST_USERS = 100


@admin.register(GrantEvent)
class GrantEventAdmin(ReadOnly[GrantEvent]):
    list_display = ("moment", "what", "person", "app", "by")
    list_display_links = None
    list_filter = ("kind",)
    search_fields = ("tracking_id",)
    search_help_text = gettext_lazy("A whole tracking ID, or a portal user name")
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantEvent]:
        return super().get_queryset(request).select_related("actor", "grant__user", "grant__app")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GrantEvent], search_term: str
    ) -> tuple[QuerySet[GrantEvent], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        users = list(User.objects.filter(username=term).values_list("pk", flat=True)[:MOST_USERS])
        tracked = Q(tracking_id=term) & ~Q(tracking_id="")
        return queryset.filter(tracked | Q(grant__user__in=users)), False

    @admin.display(description=gettext_lazy("when"))
    def moment(self, event: GrantEvent) -> str:
        return render_to_string("admin/settings/_moment.html", {"at": event.at, "is_exact": True})

    @admin.display(description=gettext_lazy("what happened"))
    def what(self, event: GrantEvent) -> str:
        return render_to_string("admin/settings/_event.html", {"event": event})

    @admin.display(description=gettext_lazy("Webex account"))
    def person(self, event: GrantEvent) -> str:
        return render_to_string("admin/settings/_person.html", {"grant": event.grant, "links": 1})

    @admin.display(description=gettext_lazy("integration"))
    def app(self, event: GrantEvent) -> str:
        return str(event.grant.app)

    @admin.display(description=gettext_lazy("by"))
    def by(self, event: GrantEvent) -> Any:
        return event.actor.username if event.actor else "–"
