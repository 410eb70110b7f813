"""Lists that stay fast at a million rows, and facts that nobody edits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.admin.views.main import SEARCH_VAR
from django.core.paginator import Page
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from integrations.admin.timeline import WithTimeline
from integrations.admin.typed import Paginator

CAP = 2_000

M = TypeVar("M", bound=Model)


class CappedPaginator(Paginator[Any]):
    """Counts no further than CAP: a million rows are found by search, not by leafing."""

    object_list: QuerySet[Any]

    @cached_property
    def count(self) -> int:
        return min(self._counted, CAP)

    def page(self, number: int | str) -> Page[Any]:
        """Finds the page's rows by their keys alone, and only then joins what they show."""
        page = super().page(number)
        found = cast(QuerySet[Any], page.object_list)
        keys = list(found.values_list("pk", flat=True))
        page.object_list = self.object_list.filter(pk__in=keys)
        return page

    @property
    def is_capped(self) -> bool:
        return self._counted > CAP

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: CAP + 1].count()


@dataclass(frozen=True)
class Chip:
    """Something that a list is narrowed down by, and the address without it."""

    title: str
    text: str
    without: str


def chips(changelist: Any) -> Iterator[Chip]:
    if changelist.query:
        without = changelist.get_query_string(remove=[SEARCH_VAR])
        yield Chip(_("Search"), changelist.query, without)
    for spec in changelist.filter_specs:
        given = [name for name in spec.expected_parameters() if changelist.params.get(name)]
        if given:
            chosen = (each["display"] for each in spec.choices(changelist) if each.get("selected"))
            text = next(chosen, changelist.params[given[0]])
            yield Chip(capfirst(spec.title), text, changelist.get_query_string(remove=given))


class ReadOnly(WithTimeline[M]):
    """Facts, not settings: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False
