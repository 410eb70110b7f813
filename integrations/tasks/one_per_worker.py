"""For loops of which one is enough in a worker, however many messages wake it."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


class OnePerWorker:
    """Made when a module is imported: opened in the worker and inherited by its processes.

    The lock belongs to a process and ends with it, also when it is killed, so no lease has to run
    out.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """False: another process of this worker is at it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
