"""Permissions as boxes under what they are about. What no page asks for is not offered."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import Model, Q
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from integrations.admin import typed
from integrations.admin.lists import ReadOnly

ACTIONS = ("view", "add", "change", "delete")


def _unused() -> Iterator[str]:
    """Django makes four for each model, also where nobody can do that by hand."""
    for model in apps.get_models():
        page, options = admin.site._registry.get(model), model._meta
        asked = ("view",) if isinstance(page, ReadOnly) else options.default_permissions
        for action in set(options.default_permissions) - set(asked if page else ()):
            yield f"{action}_{options.model_name}"


class ByObject(typed.ModelChoiceIterator[Permission]):
    def __iter__(self) -> Iterator[Any]:
        found = self.queryset.select_related("content_type")
        ordered = sorted(found, key=lambda each: (_object_of(each), _place_of(each)))
        for name, permissions in groupby(ordered, key=_object_of):
            yield name, [self.choice(each) for each in permissions]


def _object_of(permission: Permission) -> str:
    model = permission.content_type.model_class()
    name = model._meta.verbose_name_plural if model else permission.content_type.name
    return str(capfirst(str(name)))


def _place_of(permission: Permission) -> tuple[int, str]:
    """Seeing first, then what changes something, then what has a name of its own."""
    action, _separator, model = permission.codename.partition("_")
    is_usual = model == permission.content_type.model and action in ACTIONS
    return ACTIONS.index(action) if is_usual else len(ACTIONS), permission.codename


class PermissionField(typed.ModelMultipleChoiceField[Permission]):
    iterator = ByObject

    def offer(self, kept: list[Model]) -> None:
        """Besides what is of use, what was given before: it can be taken back."""
        offered = ~Q(codename__in=set(_unused())) | Q(pk__in=[each.pk for each in kept])
        self.queryset = Permission.objects.filter(offered)

    def label_from_instance(self, obj: Permission) -> str:
        words = {"view": _("See"), "add": _("Add"), "change": _("Change"), "delete": _("Delete")}
        for action, word in words.items():
            if obj.codename == f"{action}_{obj.content_type.model}":
                what = '{} <span class="visually-hidden">{}</span>'
                return format_html(what, word, _object_of(obj))
        return _(obj.name)
