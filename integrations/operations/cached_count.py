"""Counts that are exact and live, until that takes too long: then each is kept for a minute."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

SLOW, KEPT = 0.1, 60.0  # seconds

T = TypeVar("T")


def counted(key: str, count: Callable[[], T]) -> T:
    key = f"integrations.cached_count.{key}"
    kept: T | None = cache.get(key)
    if kept is not None:
        return kept
    began = time.monotonic()
    fresh = count()
    if time.monotonic() - began > SLOW:
        cache.set(key, fresh, KEPT)
    return fresh
