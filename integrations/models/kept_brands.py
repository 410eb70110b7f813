"""Hostnames with their integration as of a few seconds ago, for who only looks (`CACHES`).

Each process keeps its own. What a process changes it reads anew at once, others within those
seconds; and nobody decides by what is kept: what changes anything reads the row itself.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.cache import caches
from django.db import models, transaction

if TYPE_CHECKING:
    from integrations.models.branded_url import BrandedURL

M = TypeVar("M", bound=models.Model)
LONGEST = 200  # characters of a key


def find(hostname: str) -> "BrandedURL | None":
    brand: BrandedURL | None = caches["brands"].get(hostname) if len(hostname) < LONGEST else None
    return brand


def keep(brand: "BrandedURL") -> None:
    if len(brand.hostname) < LONGEST:
        caches["brands"].set(brand.hostname, brand)


def forget() -> None:
    """All of them, now and once others see the change: until then they would keep what was."""
    caches["brands"].clear()
    transaction.on_commit(caches["brands"].clear)


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
