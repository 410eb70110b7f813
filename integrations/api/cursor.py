"""Pages of a list, newest first, from row to row by their keys: nothing is skipped or counted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from django.db.models import Model, QuerySet

from integrations.api.problems import not_found

Row = TypeVar("Row", bound=Model)
LARGEST = 2**63 - 1


def page_of(rows: QuerySet[Row], cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
    """With the cursor of the next page; None on the last one."""
    if cursor:
        rows = rows.filter(pk__lt=_read(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    return shown, write(shown[-1].pk) if len(found) > limit else None


def write(pk: int) -> str:
    return urlsafe_b64encode(f"before {pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        pk = int(text.removeprefix("before "))
    except ValueError:
        pk = -1
    if not 0 < pk <= LARGEST or write(pk) != cursor:
        raise not_found("cursor")
    return pk
