"""Lists that stay fast at a million rows, and facts that nobody edits."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

CAP = 2_000


class CappedPaginator(Paginator):
    """Counts no further than CAP: a million rows are found by search, not by leafing."""

    object_list: Any

    @cached_property
    def count(self) -> int:
        return min(self._counted, CAP)

    def page(self, number: Any) -> Page:
        """Finds the page's rows by their keys alone, and only then joins what they show."""
        page: Any = super().page(number)
        keys = list(page.object_list.values_list("pk", flat=True))
        page.object_list = self.object_list.filter(pk__in=keys)
        return page

    @property
    def is_capped(self) -> bool:
        return self._counted > CAP

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: CAP + 1].count()


class ReadOnly:
    """Facts, not settings: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False
