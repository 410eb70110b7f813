"""Portal users. Deactivating or deleting one also ends what Webex granted them."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from integrations import clock
from integrations.admin import typed
from integrations.admin.lists import CappedPaginator
from integrations.admin.shared_editing import SharedAdmin, SharedForm
from integrations.linking import disconnection, entitlement
from integrations.models import Grant, GrantEvent


class UserForm(SharedForm[User], typed.UserChangeForm[User]):
    pass


@admin.register(User)
class UserAdmin(SharedAdmin[User], typed.UserAdmin[User]):
    form = UserForm
    paginator = CappedPaginator
    show_full_result_count = False

    def save_model(
        self, request: HttpRequest, obj: User, form: typed.ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            self._disconnect(request, obj, "user deactivated")

    def save_related(self, request: HttpRequest, form: typed.ModelForm[User], *args: Any) -> None:
        super().save_related(request, form, *args)
        actor = cast(User, request.user)
        entitlement.note_changes(user=form.instance, by=actor, now=clock.now())

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self._disconnect(request, obj, "user deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self._disconnect(request, user, "user deleted")
        super().delete_queryset(request, queryset)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A user's grants and their events go along, though nobody may delete one by hand."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        follow = {Grant._meta.verbose_name, GrantEvent._meta.verbose_name}
        return deleted, counts, forbidden - follow, protected

    def _disconnect(self, request: HttpRequest, user: User, reason: str) -> None:
        actor = cast(User, request.user)
        disconnection.end_all_of(user, by=actor, reason=reason, now=clock.now())
