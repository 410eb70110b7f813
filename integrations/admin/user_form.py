"""Forms for people and roles, in words of ours and with lists of boxes to tick."""

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations import roles
from integrations.admin import typed
from integrations.admin.administers import WithLimits
from integrations.admin.permission_boxes import PermissionField
from integrations.admin.shared_editing import SharedForm


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
        return roles.in_words(str(getattr(obj, "name", obj)))


class Ticked:
    """Many-to-many fields as lists of boxes."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.many_to_many:
            kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "ticks"})
            is_permission = db_field.related_model is Permission
            kwargs["form_class"] = PermissionField if is_permission else TickedField
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class WithPermissions:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form = cast("forms.ModelForm[Model]", self)
        for name, field in form.fields.items():
            if isinstance(field, PermissionField):
                field.offer(form.initial.get(name) or [])


class UserForm(WithPermissions, WithLimits, SharedForm[User], typed.UserChangeForm[User]):
    class Meta:
        model = User
        fields = (
            "username", "first_name", "last_name", "email", "is_active", "groups", "is_staff",
            "is_superuser", "user_permissions",
        )  # fmt: skip
        field_classes = {"username": UsernameField}
        labels = {
            "is_active": gettext_lazy("May sign in"),
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


class GroupForm(WithPermissions, SharedForm[Group]):
    class Meta:
        model = Group
        fields = ("name", "permissions")
        labels = {"permissions": gettext_lazy("What its members may do")}
