"""Portal users and groups. Deactivating or deleting a user also ends what Webex granted them."""

from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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


class NewUserForm(typed.AdminUserCreationForm[User]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = _("What they sign in with.")
        self.fields["usable_password"].label = _("How do they sign in?")
        self.fields["usable_password"].help_text = ""
        cast(forms.ChoiceField, self.fields["usable_password"]).choices = [
            ("true", _("With a password")),
            ("false", _("Another way, such as single sign-on")),
        ]
        self.fields["password2"].label = _("The same password again")
        self.fields["password2"].help_text = ""


class TickedField(typed.ModelMultipleChoiceField[Model]):
    """A list of boxes, each with a name and nothing else."""

    def label_from_instance(self, obj: Model) -> str:
        return str(getattr(obj, "name", obj))


class Ticked:
    """Many-to-many fields as lists of boxes, without Django's button to add more of them."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.many_to_many:
            kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "ticks"})
            kwargs["form_class"] = TickedField
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field and db_field.many_to_many:
            field.widget = field.widget.widget
        return field


class UserForm(SharedForm[User], typed.UserChangeForm[User]):
    class Meta:
        model = User
        fields = (
            "username", "first_name", "last_name", "email", "is_active", "groups", "is_staff",
            "is_superuser", "user_permissions",
        )  # fmt: skip
        field_classes = {"username": UsernameField}
        labels = {
            "username": gettext_lazy("User name"),
            "email": gettext_lazy("E-mail address"),
            "groups": gettext_lazy("Roles"),
            "is_staff": gettext_lazy("May open these settings"),
            "is_superuser": gettext_lazy("May do everything"),
            "user_permissions": gettext_lazy("Besides those of the roles"),
        }
        help_texts = {
            "username": gettext_lazy("What they sign in with."),
            "is_active": gettext_lazy("Without it they cannot sign in, and Webex is disconnected."),
            "groups": "",
            "is_staff": gettext_lazy("A role says what they see there."),
            "is_superuser": gettext_lazy("Whatever their roles are."),
            "user_permissions": "",
        }


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
    list_display = ("username", "name", "email", "webex", "last_sign_in", "may_sign_in")
    list_filter = ("is_active", "groups")
    search_help_text = gettext_lazy("Name, user name or e-mail address")
    filter_horizontal = ()
    paginator = CappedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("grants__app")

    # --- What is shown ----------------------------------------------------------------------

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

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or not powers.is_mightier(obj, cast(User, request.user))

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
        labels = {"permissions": gettext_lazy("What its members may do")}


@admin.register(Group)
class GroupAdmin(Ticked, OnRecord[Group], DjangoGroupAdmin):
    """Who may change what a group may do could give themselves everything."""

    form = GroupForm
    list_display = ("name", "members")
    search_help_text = gettext_lazy("Name of the group")
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(member_count=Count("user"))

    @admin.display(description=gettext_lazy("members"), ordering="member_count")
    def members(self, group: Any) -> int:
        return int(group.member_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return cast(User, request.user).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return cast(User, request.user).is_superuser
