"""Every page of the admin keeps to what its user administers: the rules are in
`models/administered.py`, and a test fails for a model that is registered without this.
"""

from typing import Any, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import escape
from django.utils.translation import gettext as _

from accounts.models import User
from integrations.admin.typed import ModelAdmin
from integrations.models import administered
from integrations.models.limited_administrator import Limits, limits_of

M = TypeVar("M", bound=Model)


def limits(request: HttpRequest) -> Limits | None:
    return limits_of(cast(User, request.user))


class Administered(ModelAdmin[M]):
    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return administered.visible(super().get_queryset(request), by=cast(User, request.user))

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        may = super().has_view_permission(request, obj)
        return may and (obj is None or administered.may_see(obj, by=cast(User, request.user)))

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or administered.may_change(obj, by=cast(User, request.user)))

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or administered.may_change(obj, by=cast(User, request.user)))

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Each knows who fills it in, and so what they may choose from."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Without Django's small pictures beside a choice, which open windows and say nothing."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class AdministeredOnly(admin.RelatedFieldListFilter):
    """Of the objects that a list can be filtered by, those that its reader sees."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_value_display = escape(_("none"))

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        rows = administered.visible(
            field.related_model._default_manager.all(), by=cast(User, request.user)
        )
        ordered = rows.order_by(*self.field_admin_ordering(field, request, model_admin))
        return [(str(row.pk), str(row)) for row in ordered]

    def has_output(self) -> bool:
        """A link may choose the only one there is: what narrows a list down is always shown."""
        return super().has_output() or bool(self.used_parameters)


def _is_related(field: "Field[Any, Any]") -> bool:
    return bool(field.remote_field)


admin.FieldListFilter.register(_is_related, AdministeredOnly, take_priority=True)
