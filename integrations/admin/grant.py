"""Grants: read-only, without tokens, with two actions that have permissions of their own."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from integrations import clock, tasks
from integrations.flows import refresh, withdrawal
from integrations.models import Grant, GrantEvent


class ReadOnly:
    """Facts, not settings: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False


class GrantEventInline(ReadOnly, admin.TabularInline):
    model = GrantEvent
    fields = ("at", "kind", "actor", "reason", "tracking_id")
    ordering = ("-at",)
    extra = 0


@admin.register(Grant)
class GrantAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("user", "app", "status", "person_email", "org_name", "refresh_due_at")
    list_filter = ("status", "app")
    search_fields = ("user__username", "person_email")
    show_full_result_count = False
    fields = (
        "user", "app", "status", "person_name", "person_email", "person_id", "org_name", "org_id",
        "scope", "granted_at", "refreshed_at", "refresh_due_at", "access_token_expires_at",
        "refresh_token_expires_at", "failing_since", "failure_count", "suspect_since",
        "last_error", "last_tracking_id",
    )  # fmt: skip
    inlines = (GrantEventInline,)
    actions = ("refresh_now", "disconnect")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        secrets = ("access_token", "refresh_token", "app__client_secret")
        return super().get_queryset(request).select_related("user", "app").defer(*secrets)

    def has_refresh_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.refresh_grant")

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.disconnect_grant")

    @admin.action(description=_("Refresh now"), permissions=["refresh"])
    def refresh_now(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        count = refresh.make_due(list(queryset), now=clock.now())
        tasks.wake_sweep()
        text = ngettext("%d grant will be renewed.", "%d grants will be renewed.", count)
        messages.success(request, text % count)

    @admin.action(description=_("Disconnect"), permissions=["disconnect"])
    def disconnect(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        actor, now = cast(User, request.user), clock.now()
        count = withdrawal.end_each(queryset, by=actor, reason="by an administrator", now=now)
        text = ngettext("%d grant was disconnected.", "%d grants were disconnected.", count)
        messages.success(request, text % count)
