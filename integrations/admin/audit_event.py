"""Audit: who did what to which object, newest first. Nobody changes it; it goes out as a file."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy

from integrations import clock
from integrations.admin.audit_filters import ActionFilter, DaysFilter, ObjectFilter, PersonFilter
from integrations.admin.lists import CappedPaginator, ReadOnly
from integrations.models import AuditEvent
from integrations.operations import audit

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly[AuditEvent]):
    list_display = ("moment", "what", "which", "by")
    list_display_links = None
    list_filter = (ActionFilter, "result", DaysFilter, ObjectFilter, PersonFilter)
    search_fields = ("object_label",)  # how it is searched: get_search_results
    search_help_text = gettext_lazy("Start of a person or an object, a request or tracking ID")
    ordering = ("-at", "-pk")
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    actions = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        export = path("export/<str:kind>/", view, name="integrations_auditevent_export")
        return [export, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        term = search_term.strip()
        return (audit.search(queryset, term) if term else queryset), False  # type: ignore[arg-type]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """What the list shows with the same filters, without its cap."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in CONTENT_TYPES:
            raise Http404
        found = self.get_changelist_instance(request).queryset
        lines = audit.export(found, kind, asked=request.GET.urlencode(), now=clock.now())
        headers = {"Content-Disposition": f'attachment; filename="audit.{kind}"'}
        return StreamingHttpResponse(lines, content_type=CONTENT_TYPES[kind], headers=headers)  # type: ignore[return-value]

    @admin.display(description=gettext_lazy("when"))
    def moment(self, event: AuditEvent) -> str:
        return render_to_string("admin/integrations/auditevent/_moment.html", {"event": event})

    @admin.display(description=gettext_lazy("what happened"))
    def what(self, event: AuditEvent) -> str:
        return render_to_string("admin/integrations/auditevent/_what.html", {"event": event})

    @admin.display(description=gettext_lazy("object"))
    def which(self, event: AuditEvent) -> str:
        return render_to_string("admin/integrations/auditevent/_object.html", {"event": event})

    @admin.display(description=gettext_lazy("by"))
    def by(self, event: AuditEvent) -> str:
        return render_to_string("admin/integrations/auditevent/_by.html", {"event": event})
