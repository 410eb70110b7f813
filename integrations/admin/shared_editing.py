"""Two admins with the same form open: each saves what they changed, and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from integrations.admin.timeline import WithTimeline
from integrations.admin.typed import ModelForm
from integrations.models import AuditEvent

M = TypeVar("M", bound=Model)
REPLACED = "replaced"  # the code of an error: nothing is wrong with what was typed


class Unseen(NamedTuple):
    """About a field whose value no page shows: what tells the stored one from another."""

    column: str
    recorded_as: str
    digest: Callable[[Any], str]


class SharedForm(ModelForm[M]):
    """Is compared with what the page showed (in hidden fields), not with what is stored by now.

    What only a colleague changed stays as they left it, lists are merged, and of what both changed
    the admin is told who and what.
    """

    unseen: dict[str, Unseen] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changed_by_others: dict[str, Any] = {}
        if self.instance.pk:
            for name in self._compared():
                self.fields[name].show_hidden_initial = True
            if self.is_bound:
                self._rebase()

    def _compared(self) -> Iterator[str]:
        kinds = (forms.CharField, forms.BooleanField, forms.ModelMultipleChoiceField)
        for name, field in self.fields.items():
            if name in self.initial and isinstance(field, kinds) and not field.disabled:
                yield name

    def _rebase(self) -> None:
        """Turns what was posted into what it would be, had the page shown what is stored now."""
        self.data = data = cast(QueryDict, self.data).copy()
        is_from_page = any(self[name].html_initial_name in data for name in self._compared())
        for name in self._compared():
            bound = self[name]
            if isinstance(bound.field, forms.ModelMultipleChoiceField):
                self._rebase_list(data, name, is_from_page)
                continue
            stored = bound.initial
            shown, posted = data.get(bound.html_initial_name, stored), bound.data
            data[bound.html_initial_name] = stored
            if self._same(name, shown, stored) or self._same(name, posted, stored):
                continue
            if self._same(name, posted, shown):
                data[bound.html_name] = stored
            else:
                self._changed_by_others[name] = stored

    def _rebase_list(self, data: QueryDict, name: str, is_from_page: bool) -> None:
        bound = self[name]
        stored = {str(each) for each in bound.field.prepare_value(bound.initial) or ()}
        shown = set(data.getlist(bound.html_initial_name)) if is_from_page else stored
        posted = set(data.getlist(bound.html_name))
        data.setlist(bound.html_initial_name, sorted(stored))
        data.setlist(bound.html_name, sorted(stored - (shown - posted) | (posted - shown)))

    def _same(self, name: str, one: Any, other: Any) -> bool:
        field = self.fields[name]
        return bool(field.to_python(one) == field.to_python(other))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, stored in self._changed_by_others.items():
            text = _(
                "%(who)s changed this to “%(value)s” while you had this page open. Save again to "
                "replace it."
            )
            values = {"who": self._who_changed(name), "value": Truncator(stored).chars(200)}
            self.add_error(name, ValidationError(text, params=values))
        for name, facts in self.unseen.items():
            if cleaned.get(name) and self._was_replaced(facts, cleaned[name]):
                text = _(
                    "%(who)s set another one while you had this page open. Save yours again to "
                    "replace it."
                )
                values = {"who": self._who_changed(facts.recorded_as)}
                self.add_error(name, ValidationError(text, params=values, code=REPLACED))
        return cleaned

    def seen(self) -> dict[str, str]:
        """What tells the page's unseen values apart, in hidden fields of it."""
        columns = {facts.column for facts in self.unseen.values() if self.instance.pk}
        return {f"seen_{column}": getattr(self.instance, column) for column in sorted(columns)}

    def _was_replaced(self, facts: Unseen, value: Any) -> bool:
        stored = getattr(self.instance, facts.column)
        shown = self.data.get(f"seen_{facts.column}", stored)
        return stored not in (shown, facts.digest(value))

    def _who_changed(self, name: str) -> str:
        lately = AuditEvent.objects.of(self.instance).newest_first()[:20]
        who = (event.actor_name for event in lately if name in event.changed)
        return next(who, "") or _("Somebody")


class SharedAdmin(WithTimeline[M]):
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DatabaseError as error:
            # A colleague took the name, or deleted the row, after it was read: read it once more,
            # and the form says so. DatabaseError alone is Django's "did not affect any rows".
            if type(error) not in (IntegrityError, DatabaseError):
                raise
            return super().changeform_view(request, *args, **kwargs)
