"""The state file: integrations, people, grants and live tokens as JSON, never the ledger.

Written by a thread of its own shortly after a change, replaced atomically, readable by its owner.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from integrations.sandbox.core.entities import Grant, Integration, Organization, Person, Token
from integrations.sandbox.core.grants import forget_dead
from integrations.sandbox.core.state import State

logger = logging.getLogger("integrations.sandbox")
PAUSE = 0.2
KINDS: dict[str, Any] = {
    "integrations": Integration,
    "organizations": Organization,
    "people": Person,
    "grants": Grant,
    "tokens": Token,
}


class StateFile:
    def __init__(self, path: str | os.PathLike[str], state: State) -> None:
        self.path = Path(path)
        self.state = state
        self._dirty = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self) -> bool:
        """Fill the state from the file; False if there is none. Raises ValueError if unusable."""
        try:
            stored = json.loads(self.path.read_text())
            for name, kind in KINDS.items():
                entries = {key: kind(**row) for key, row in stored[name].items()}
                getattr(self.state, name).update(entries)
            self.state.directory_changes = dict(stored.get("directory", {}))
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise ValueError(f"{self.path.parent} is not a folder.") from None
            return False
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} is not a sandbox state file.") from error
        for person in self.state.people.values():
            self.state.keep(person)
        for token in self.state.tokens.values():
            if token.replaced_at is None:
                self.state.ledger.issued(token)
        return True

    def start(self) -> None:
        self.state.changed = self._dirty.set
        self._stopping.clear()
        self._dirty.set()
        self._thread = threading.Thread(target=self._run, name="sandbox-state", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is not yet written, then end."""
        if self._thread:
            self._stopping.set()
            self._dirty.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._dirty.wait()
            self._dirty.clear()
            started = time.monotonic()
            try:
                self._write()
            except OSError as error:
                logger.warning("The sandbox's state was not written: %s", error)
            self._stopping.wait(max(PAUSE, 10 * (time.monotonic() - started)))
        self._write()

    def _write(self) -> None:
        with self.state.lock:
            forget_dead(self.state)
            snapshot = {
                name: {key: dict(vars(entry)) for key, entry in getattr(self.state, name).items()}
                for name in KINDS
            }
            snapshot["directory"] = self.state.kept_directory()
        for row in snapshot["integrations"].values():
            del row["api_url"]
        replace_file(self.path, json.dumps(snapshot))


def replace_file(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
