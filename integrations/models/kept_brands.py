"""Hostnames with their integration as of a few seconds ago, for who only looks.

Each process keeps its own. What a process changes it reads anew at once, others (and a thread that
was just reading it) within those seconds; and nobody decides by what is kept: what changes anything
reads the row itself. No cache of Django's, which would copy a brand for every request, where nobody
who only looks changes it.
"""

import time
from typing import Any, TypeVar

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)
GOOD_FOR = 5.0  # seconds
MOST = 5_000

kept: dict[str, tuple[float, Any]] = {}  # until when (monotonic), and what


def find(name: str) -> Any:
    until, found = kept.get(name, (0.0, None))
    return found if time.monotonic() < until else None


def keep(name: str, found: Any) -> None:
    if len(kept) >= MOST:
        kept.clear()
    kept[name] = time.monotonic() + GOOD_FOR, found


def forget() -> None:
    """All of them, now and once others see the change: until then they would keep what was."""
    kept.clear()
    transaction.on_commit(kept.clear)


class KeptModel(models.Model):
    """One whose rows are kept: a hostname, or what is read with it."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        forget()
        return deleted


class KeptQuerySet(models.QuerySet[M]):
    def update(self, **columns: Any) -> int:
        rows = super().update(**columns)
        forget()
        return rows
