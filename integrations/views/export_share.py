"""An export holds a thread of the web server for as long as it takes; so only few at once do."""

import threading
import time
from collections.abc import Iterator

from integrations.provisioning.export import LONGEST

MOST = 2  # of the threads of one process (config/gunicorn.py)


class TooManyExports(Exception):
    """Say so at once."""


class ExportShare:
    """Of one process. A place that nobody gave back ends by itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[object, float] = {}

    def take(self) -> object:
        """Raises TooManyExports."""
        place, now = object(), time.monotonic()
        with self._lock:
            self._ends = {each: ends for each, ends in self._ends.items() if ends > now}
            if len(self._ends) >= MOST:
                raise TooManyExports
            self._ends[place] = now + LONGEST
        return place

    def give_back(self, place: object) -> None:
        with self._lock:
            self._ends.pop(place, None)


share = ExportShare()


class Lines:
    """What a browser is sent; Django closes it at the end, also where the browser went away."""

    def __init__(self, lines: Iterator[str], place: object) -> None:
        self._lines, self._place = lines, place

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        share.give_back(self._place)
