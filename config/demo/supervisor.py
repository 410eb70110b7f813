"""Child processes that live and die together, for the demo."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0  # seconds until a part must answer


class PartFailed(Exception):
    """A part did not start, did not answer, or died. The message names it and its log."""


@dataclass
class Part:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def explain(self, what: str) -> PartFailed:
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return PartFailed(f"{self.name} {what}. The end of {self.log}:\n{tail}")


class Supervisor:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: list[Part] = []

    def start(self, name: str, command: list[str], answers: Callable[[], bool]) -> None:
        """Returns when the part answers. Raises PartFailed."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  our own commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us only, and we stop them in order
                preexec_fn=_die_with_parent,
            )
        self.parts.append(Part(name, process, log))
        self._await(self.parts[-1], answers)

    def _await(self, part: Part, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not answers():
            if part.process.poll() is not None:
                raise part.explain("stopped at once")
            if time.monotonic() > deadline:
                raise part.explain(f"did not answer within {PATIENCE:.0f} seconds")
            time.sleep(0.05)

    def watch(self) -> None:
        """Until a part dies; then raises PartFailed."""
        while True:
            for part in self.parts:
                if part.process.poll() is not None:
                    raise part.explain(f"died (exit code {part.process.returncode})")
            time.sleep(0.3)

    def stop(self) -> None:
        """Last started, first stopped; those that do not go within 10 seconds are killed."""
        for part in reversed(self.parts):
            if part.process.poll() is None:
                part.process.terminate()
        deadline = time.monotonic() + 10
        for part in reversed(self.parts):
            try:
                part.process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait()


def _die_with_parent() -> None:
    """Linux: whoever kills the demo with -9 leaves nothing running behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
