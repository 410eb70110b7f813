"""A register: rows in the order they came, found by their id and by any of its keys.

A removed row leaves a gap, so that a place in the register stays good as a cursor.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar


class Row(Protocol):
    id: str


R = TypeVar("R", bound=Row)


class Register(Generic[R]):
    """`touched` and `removed` are the ids of the rows that differ from the generated ones."""

    def __init__(self, *keys: str) -> None:
        self._rows: list[R | None] = []
        self._places: dict[str, int] = {}
        self._index: dict[str, dict[str, list[int]]] = {key: {} for key in keys}
        self.touched: set[str] = set()
        self.removed: set[str] = set()

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[R]:
        return (row for row in self._rows if row is not None)

    def get(self, row_id: str) -> R | None:
        place = self._places.get(row_id)
        return None if place is None else self._rows[place]

    def find(self, key: str, value: str) -> R | None:
        """The first row with this value, in any case."""
        return next(self.scan(places=self.places(key, value)), None)

    def places(self, key: str, value: str) -> list[int]:
        return self._index[key].get(value.lower(), [])

    def place_of(self, row: R) -> int:
        return self._places[row.id]

    def scan(self, start: int = 0, places: Sequence[int] | None = None) -> Iterator[R]:
        """Rows from place `start` on; of `places` only, where they are given."""
        if places is None:
            rows: Iterator[R | None] = islice(self._rows, start, None)
        else:
            rows = map(self._rows.__getitem__, places[bisect_left(places, start) :])
        return (row for row in rows if row is not None)

    def add(self, row: R, *, is_generated: bool = False) -> R:
        place = len(self._rows)
        self._rows.append(row)
        self._places[row.id] = place
        for key, index in self._index.items():
            index.setdefault(getattr(row, key).lower(), []).append(place)
        if not is_generated:
            self.touched.add(row.id)
        return row

    def change(self, row: R, **values: Any) -> None:
        place = self._places[row.id]
        for name, value in values.items():
            index = self._index.get(name)
            if index is not None:
                index[getattr(row, name).lower()].remove(place)
                places = index.setdefault(value.lower(), [])
                places.insert(bisect_left(places, place), place)
            setattr(row, name, value)
        self.touched.add(row.id)

    def remove(self, row: R) -> None:
        place = self._places.pop(row.id)
        self._rows[place] = None
        for key, index in self._index.items():
            index[getattr(row, key).lower()].remove(place)
        self.touched.discard(row.id)
        self.removed.add(row.id)
