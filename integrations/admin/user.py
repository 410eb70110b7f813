"""Portal users and groups. Deactivating or deleting a user also ends what Webex granted them."""

from typing import Any, TypeVar, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import clock, roles
from integrations.admin import administers, powers, typed
from integrations.admin.administered import AdministeredOnly, limits
from integrations.admin.lists import CappedPaginator
from integrations.admin.shared_editing import SharedAdmin
from integrations.admin.user_form import GroupForm, NewUserForm, Ticked, UserForm
from integrations.linking import disconnection
from integrations.models import Grant, GrantEvent, administered
from integrations.operations import people

Whom = TypeVar("Whom", User, Group)


class MaySignInFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = gettext_lazy("may sign in")


class RoleFilter(AdministeredOnly):
    def field_choices(self, *about: Any) -> Any:
        choices = super().field_choices(*about)
        return [(key, roles.in_words(str(name))) for key, name in choices]


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

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nobody needs to hear of the tables that only say who belongs to what."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        for each in apps.get_models(include_auto_created=True):
            if each._meta.auto_created:
                counts.pop(str(each._meta.verbose_name_plural), None)
        return deleted, counts, forbidden, protected


@admin.register(User)
class UserAdmin(Ticked, OnRecord[User], typed.UserAdmin[User]):
    form = UserForm
    add_form = NewUserForm
    fieldsets = (
        (gettext_lazy("Who"), {"fields": ("username", "first_name", "last_name", "email")}),
        (gettext_lazy("Signing in"), {"fields": ("is_active", "password_state", "signed_in_at")}),
        (gettext_lazy("Webex"), {"fields": ("webex_links",)}),
        (gettext_lazy("What they may do"), {"fields": ("groups", "is_staff", "is_superuser")}),
        (
            gettext_lazy("Single permissions"),
            {"fields": ("user_permissions",), "classes": ("collapse",)},
        ),
    )
    add_form_template = None
    list_display = ("user_name", "name", "address", "webex", "last_sign_in", "may_sign_in")
    list_filter = (("is_active", MaySignInFilter), ("groups", RoleFilter))
    search_help_text = gettext_lazy("Name, user name or e-mail address")
    filter_horizontal = ()
    paginator = CappedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        grants = Grant.objects.select_related("app")
        theirs = administered.visible(grants, by=cast(User, request.user))
        return super().get_queryset(request).prefetch_related(Prefetch("grants", theirs))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.hostnames_view)
        return [path("hostnames/", view, name="accounts_user_hostnames"), *super().get_urls()]

    def hostnames_view(self, request: HttpRequest) -> HttpResponse:
        user = self.get_object(request, request.GET.get("app", ""))
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return administers.page(request, user)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of somebody who belongs to others, too, what is to be told apart, and no more."""
        fieldsets = list(super().get_fieldsets(request, obj))
        by = cast(User, request.user)
        if obj is not None and not administered.may_change(obj, by):
            return [fieldsets[0], fieldsets[2]]
        if administers.may_limit(obj, by) and self.has_change_permission(request, obj):
            fieldsets[4:4] = [(_("What they administer"), {"fields": administers.FIELDS})]
        return fieldsets

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            vars(obj)["may_get_password"] = _may_set_password(request, obj)
        return form

    # --- What is shown ----------------------------------------------------------------------

    @admin.display(description=gettext_lazy("User name"), ordering="username")
    def user_name(self, user: User) -> str:
        return user.username

    @admin.display(description=gettext_lazy("E-mail address"), ordering="email")
    def address(self, user: User) -> str:
        return user.email

    @admin.display(description=gettext_lazy("name"), ordering="last_name")
    def name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @admin.display(description=gettext_lazy("Webex"))
    def webex(self, user: User) -> str:
        return render_to_string("admin/accounts/user/_webex.html", {"user": user})

    @admin.display(description=gettext_lazy("last sign-in"), ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return render_to_string("admin/settings/_moment_or_never.html", {"at": user.last_login})

    @admin.display(description=gettext_lazy("may sign in"), ordering="is_active")
    def may_sign_in(self, user: User) -> str:
        return render_to_string("admin/accounts/user/_may_sign_in.html", {"user": user})

    @admin.display(description=gettext_lazy("Password"))
    def password_state(self, user: User) -> str:
        return render_to_string("admin/accounts/user/_password.html", {"user": user})

    @admin.display(description=gettext_lazy("Last sign-in"))
    def signed_in_at(self, user: User) -> str:
        return render_to_string("admin/accounts/user/_dates.html", {"user": user})

    @admin.display(description=gettext_lazy("Links"))
    def webex_links(self, user: User) -> str:
        return render_to_string("admin/accounts/user/_webex.html", {"user": user, "links": True})

    # --- Who may do what to whom ------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        theirs = limits(request)
        return super().has_add_permission(request) and (theirs is None or bool(theirs.ids))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or not powers.is_mightier(obj, cast(User, request.user))

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        user = self.get_object(request, unquote(id))
        if user and not _may_set_password(request, user):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = ("password_state", "signed_in_at", "webex_links")
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        administers.save(form, request, form.instance, is_new=not change, now=clock.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A user's grants and their events go along, though nobody may delete one by hand."""
        deleted, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        follow = {Grant._meta.verbose_name, GrantEvent._meta.verbose_name}
        return deleted, counts, forbidden - follow, protected


def _may_set_password(request: HttpRequest, user: User) -> bool:
    """Nobody whom a brand's provider lets go stays by a password that the brand's people set."""
    return limits(request) is None or not user.identities.filter(made_user=True).exists()


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(Ticked, OnRecord[Group], DjangoGroupAdmin):
    """Who may change what a group may do could give themselves everything."""

    form = GroupForm
    list_display = ("title", "members")
    search_help_text = gettext_lazy("Name of the group")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(member_count=Count("user"))

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def title(self, group: Group) -> str:
        return roles.in_words(group.name)

    @admin.display(description=gettext_lazy("members"), ordering="member_count")
    def members(self, group: Any) -> int:
        return int(group.member_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser
