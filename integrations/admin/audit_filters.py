"""What narrows the audit trail down: days, and links to one object or one person."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from accounts.models import User
from integrations.actions import Action
from integrations.models import AuditEvent, administered

SINCE, UNTIL = "since", "until"


class ActionFilter(admin.SimpleListFilter):
    title = gettext_lazy("action")
    parameter_name = "action"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Action.choices)

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class _Linked(admin.SimpleListFilter):
    """Chosen by a link in the list; shown only while it is chosen, so that it can be ended."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        value = request.GET.get(self.parameter_name or "", "")
        return [(value, self.named(value, by=cast(User, request.user)))] if value else []

    def named(self, value: str, *, by: User) -> str:
        raise NotImplementedError


class ObjectFilter(_Linked):
    title = gettext_lazy("object")
    parameter_name = "object"

    def named(self, value: str, *, by: User) -> str:
        seen = administered.visible(AuditEvent.objects.filter(**self._parts(value)), by)
        found = seen.newest_first().first()
        return found.object_label if found else value

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**self._parts(value)) if value else queryset

    @staticmethod
    def _parts(value: str) -> dict[str, str]:
        kind, _, pk = value.partition("-")
        return {"object_type": kind, "object_id": pk}


class PersonFilter(_Linked):
    """By them, or about them."""

    title = gettext_lazy("person")
    parameter_name = "person"

    def named(self, value: str, *, by: User) -> str:
        user = administered.visible(User.objects.filter(pk=self._pk(value)), by).first()
        return user.get_username() if user else value

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (value := self.value()):
            return queryset
        pk = self._pk(value)
        return queryset.filter(Q(actor_id=pk) | Q(subject_id=pk))

    @staticmethod
    def _pk(value: str) -> int:
        if not value.isdecimal() or len(value) > 18:
            raise IncorrectLookupParameters
        return int(value)


class DaysFilter(admin.ListFilter):
    """From one day to another, both included, as the clock of the portal has them."""

    title = gettext_lazy("days")
    template = "admin/integrations/auditevent/_days.html"

    def __init__(self, request: Any, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in (SINCE, UNTIL):
            if given := params.pop(name, [""])[-1]:
                self.used_parameters[name] = given

    def expected_parameters(self) -> list[str | None]:
        return [SINCE, UNTIL]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        kept = changelist.params.items()
        since, until = (self._day(name) for name in (SINCE, UNTIL))
        days = [date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (since, until)]
        yield {
            "selected": bool(since or until),
            "display": " – ".join(days).strip(),
            "since": self.used_parameters.get(SINCE, ""),
            "until": self.used_parameters.get(UNTIL, ""),
            "others": [pair for pair in kept if pair[0] not in (SINCE, UNTIL)],
        }

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if since := self._day(SINCE):
            queryset = queryset.filter(at__gte=_midnight(since))
        if until := self._day(UNTIL):
            queryset = queryset.filter(at__lt=_midnight(until + timedelta(days=1)))
        return queryset

    def _day(self, name: str) -> date | None:
        given = self.used_parameters.get(name)
        try:
            return date.fromisoformat(str(given)) if given else None
        except ValueError as error:
            raise IncorrectLookupParameters from error


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
