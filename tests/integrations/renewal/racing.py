"""Several callers at the same moment, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from django.db import connection


def together(count: int, work: Callable[[], Any]) -> list[Future]:
    """Starts them at once and waits for all; their results and exceptions are in the futures."""
    barrier = threading.Barrier(count)

    def run() -> Any:
        try:
            barrier.wait(5)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(run) for _ in range(count)]
        wait(futures)
    return futures


class Meanwhile:
    """Work under way in a thread while the test does something else."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(self._run, work)

    def result(self) -> Any:
        try:
            return self._future.result(10)
        finally:
            self._pool.shutdown()

    @staticmethod
    def _run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()
