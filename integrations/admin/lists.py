"""Lists that stay fast at a million rows, and facts that nobody edits."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

CAP = 2_000


class CappedPaginator(Paginator):
    """Counts no further than CAP: a million rows are found by search, not by leafing."""

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return min(self._counted, CAP)

    def _get_page(self, object_list: Any, *args: Any, **kwargs: Any) -> Any:
        """Finds the page's rows by their keys alone, and only then joins what they show."""
        keys = list(object_list.values_list("pk", flat=True))
        rows = self.object_list.filter(pk__in=keys)  # type: ignore[union-attr]
        return super()._get_page(rows, *args, **kwargs)

    @property
    def is_capped(self) -> bool:
        return self._counted > CAP

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: CAP + 1].count()  # type: ignore[union-attr,call-arg]


class ReadOnly:
    """Facts, not settings: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any, **kwargs: Any) -> bool:
        return False
