"""Portal users and groups. Deactivating or deleting a user also ends what Webex granted them."""

from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from integrations import clock
from integrations.admin import powers, typed
from integrations.admin.lists import CappedPaginator
from integrations.admin.shared_editing import SharedAdmin, SharedForm
from integrations.linking import disconnection
from integrations.models import Grant, GrantEvent
from integrations.operations import people

Whom = TypeVar("Whom", User, Group)


class OnRecord(SharedAdmin[Whom]):
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        people.record_saved(
            form.instance,
            is_new=not change,
            changed=form.changed_data,
            by=cast(User, request.user),
            now=clock.now(),
        )

    def delete_model(self, request: HttpRequest, obj: Whom) -> None:
        people.delete(obj, by=cast(User, request.user), now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Whom]) -> None:
        for each in queryset:
            self.delete_model(request, each)


class UserForm(SharedForm[User], typed.UserChangeForm[User]):
    pass


@admin.register(User)
class UserAdmin(OnRecord[User], typed.UserAdmin[User]):
    form = UserForm
    paginator = CappedPaginator
    show_full_result_count = False

    # --- Who may do what to whom ------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or not powers.is_mightier(obj, cast(User, request.user))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        is_superuser = cast(User, request.user).is_superuser
        return fields if is_superuser else (*fields, *powers.FOR_SUPERUSERS)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and db_field.name == "groups":
            field.queryset = powers.grantable_groups(request.user)
        return field

    # --- Saving -----------------------------------------------------------------------------

    def save_model(
        self, request: HttpRequest, obj: User, form: typed.ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            actor, reason = cast(User, request.user), "user deactivated"
            disconnection.end_all_of(obj, by=actor, reason=reason, now=clock.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A user's grants and their events go along, though nobody may delete one by hand."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        follow = {Grant._meta.verbose_name, GrantEvent._meta.verbose_name}
        return deleted, counts, forbidden - follow, protected


admin.site.unregister(Group)


class GroupForm(SharedForm[Group]):
    class Meta:
        model = Group
        fields = ("name", "permissions")


@admin.register(Group)
class GroupAdmin(OnRecord[Group], DjangoGroupAdmin):
    """Who may change what a group may do could give themselves everything."""

    form = GroupForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser
