"""What this process counted since it last told the database (`operations/metrics.py`). No I/O."""

import os
import threading
from bisect import bisect_left
from collections import defaultdict

# Seconds; the upper bounds of a histogram's buckets. What is slower counts under +Inf.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BUCKETS = (*map(str, BOUNDS), "+Inf")

Labels = tuple[tuple[str, str], ...]
Series = tuple[str, Labels]

_lock = threading.Lock()
_counted: defaultdict[Series, float] = defaultdict(float)


def count(name: str, by: float = 1, **labels: str) -> None:
    with _lock:
        _counted[name, tuple(labels.items())] += by


def observe(name: str, seconds: float, **labels: str) -> None:
    """One duration of a histogram: its bucket (not cumulative here) and the sum."""
    of, bucket = tuple(labels.items()), BUCKETS[bisect_left(BOUNDS, seconds)]
    with _lock:
        _counted[f"{name}_bucket", (*of, ("le", bucket))] += 1
        _counted[f"{name}_sum", of] += seconds


def take() -> dict[Series, float]:
    with _lock:
        taken = dict(_counted)
        _counted.clear()
    return taken


def give_back(counts: dict[Series, float]) -> None:
    """They could not be told."""
    with _lock:
        for series, value in counts.items():
            _counted[series] += value


def _forget() -> None:
    global _lock
    _lock = threading.Lock()  # the parent's may be held for ever
    _counted.clear()


os.register_at_fork(after_in_child=_forget)  # the parent tells what it counted
