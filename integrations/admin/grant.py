"""Grants: read-only, without tokens, with two actions that have permissions of their own."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from integrations import clock, tasks
from integrations.admin.grant_list import GrantList
from integrations.admin.lists import CappedPaginator, ReadOnly
from integrations.linking import disconnection, entitlement
from integrations.models import Grant
from integrations.operations import diagnostics
from integrations.operations.causes import Cause
from integrations.plain_text import grouped
from integrations.renewal import on_demand

MOST_AT_ONCE = 1000
MOST_USERS = 1000  # whose names begin with what was searched for


class HorizonFilter(admin.SimpleListFilter):
    title = gettext_lazy("attention")
    parameter_name = "horizon"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("failing", gettext_lazy("failing now")),
            ("right", gettext_lazy("may not use Webex")),
            ("7", gettext_lazy("would end within 7 days")),
            ("30", gettext_lazy("would end within 30 days")),
        ]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failing":
            return queryset.filter(status=Grant.Status.ACTIVE, failing_since__isnull=False)
        if self.value() == "right":
            return queryset.filter(right_lost_at__isnull=False)
        if self.value() in ("7", "30"):
            until = clock.now() + timedelta(days=int(self.value() or 0))
            ending = queryset.filter(status=Grant.Status.ACTIVE)
            return ending.filter(refresh_token_expires_at__lt=until)
        return queryset


@admin.register(Grant)
class GrantAdmin(ReadOnly[Grant]):
    list_display = ("person", "state", "portal_user", "app", "renewal")
    list_filter = ("status", "app", HorizonFilter)
    search_fields = ("person_email",)  # how they are searched: get_search_results
    search_help_text = gettext_lazy("Start of an e-mail or user name, or a whole person ID")
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    paginator = CappedPaginator
    show_full_result_count = False
    fields = ("status",)  # the page itself is a template
    actions = ("refresh_now", "disconnect")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).select_related("user", "app")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return GrantList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Where only trouble is listed, what it is and since when, instead of the last renewal."""
        asked = request.GET
        is_trouble = asked.get("horizon") == "failing" or (
            asked.get("status__exact") == Grant.Status.CONSENT_LOST
        )
        return (*self.list_display[:-1], "since", "why") if is_trouble else self.list_display

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Grant], search_term: str
    ) -> tuple[QuerySet[Grant], bool]:
        """By prefix, through indexes; two steps, because OR across tables would use none."""
        term = search_term.strip()
        if not term:
            return queryset, False
        lower = term.lower()
        names = Q(username__startswith=term) | Q(username__startswith=lower)
        users = list(User.objects.filter(names).values_list("pk", flat=True)[:MOST_USERS])
        emails = Q(person_email__startswith=term) | Q(person_email__startswith=lower)
        return queryset.filter(emails | Q(person_id=term) | Q(user__in=users)), False

    # --- Columns ----------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("Webex account"))
    def person(self, grant: Grant) -> str:
        return render_to_string("admin/settings/_person.html", {"grant": grant})

    @admin.display(description=gettext_lazy("status"))
    def state(self, grant: Grant) -> str:
        return render_to_string("admin/settings/_grant_state.html", {"grant": grant})

    @admin.display(description=gettext_lazy("portal user"))
    def portal_user(self, grant: Grant) -> str:
        return grant.user.username

    @admin.display(description=gettext_lazy("renewed"))
    def renewal(self, grant: Grant) -> str:
        return render_to_string("admin/settings/_renewal.html", {"grant": grant})

    @admin.display(description=gettext_lazy("since"))
    def since(self, grant: Grant) -> str:
        return render_to_string("admin/settings/_moment.html", {"at": grant.failing_since})

    @admin.display(description=gettext_lazy("reason"))
    def why(self, grant: Grant) -> str:
        return Cause.of(grant.last_error).in_words if grant.last_error else "–"

    # --- One grant --------------------------------------------------------------------------

    def render_change_form(self, request: Any, context: Any, *args: Any, **kw: Any) -> HttpResponse:
        grant, now = context["original"], clock.now()
        context |= {
            "now": now,
            "cause": Cause.of(grant.last_error),
            "waits_for": Cause.of(grant.app.pause_reason) if grant.app.pause_reason else None,
            "grant": grant,
            "title": "",
            "timeline": grant.events.select_related("actor").order_by("-at", "-pk")[:100],
            "ends_at": entitlement.ends_at(grant),
            "diagnostics": diagnostics.as_text(grant, now=now),
            "may_refresh": self.has_refresh_permission(request),
            "may_end": self.has_disconnect_permission(request),
        }
        return super().render_change_form(request, context, *args, **kw)

    # --- Actions ----------------------------------------------------------------------------

    def has_refresh_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.refresh_grant")

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.disconnect_grant")

    @admin.action(description=gettext_lazy("Renew now"), permissions=["refresh"])
    def refresh_now(self, request: HttpRequest, queryset: QuerySet[Grant]) -> HttpResponse | None:
        if page := self._asks(request, queryset, "refresh_now"):
            return page
        actor = cast(User, request.user)
        count = on_demand.make_due(list(queryset), by=actor, now=clock.now())
        tasks.wake_sweep()
        text = ngettext("%s grant will be renewed.", "%s grants will be renewed.", count)
        messages.success(request, text % grouped(count))
        return None

    @admin.action(description=gettext_lazy("Disconnect"), permissions=["disconnect"])
    def disconnect(self, request: HttpRequest, queryset: QuerySet[Grant]) -> HttpResponse | None:
        if page := self._asks(request, queryset, "disconnect"):
            return page
        actor, now = cast(User, request.user), clock.now()
        count = disconnection.end_each(queryset, by=actor, reason="by an administrator", now=now)
        text = ngettext("%s grant was disconnected.", "%s grants were disconnected.", count)
        messages.success(request, text % grouped(count))
        return None

    def _asks(
        self, request: HttpRequest, queryset: QuerySet[Grant], action: str
    ) -> HttpResponse | None:
        """The page that says how many; None once that was confirmed."""
        chosen = list(queryset.exclude(status=Grant.Status.DISCONNECTED)[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            text = _("Please choose at most %s grants. To stop them all, disable the integration.")
            messages.error(request, text % grouped(MOST_AT_ONCE))
            return TemplateResponse(request, "admin/settings/too_many.html", self._page(request))
        if request.POST.get("confirmed") == "yes":
            return None
        context = {**self._page(request), "action": action, "chosen": chosen}
        return TemplateResponse(request, "admin/settings/confirm_action.html", context)

    def _page(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Grants")}
