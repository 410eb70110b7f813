"""Workers and beats as an operator starts them, each with a log that the cases read."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.servers import ROOT, await_true, kill_group

CELERY = [sys.executable, "-m", "celery", "-A", "config"]
ORPHANS = re.compile(r"A worker died in the middle of its calls: grants=\[([\d, ]+)\]")


class Process:
    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def await_line(self, words: str, seconds: float = 40) -> None:
        await_true(lambda: words in self.text or not self.is_running, seconds, f"“{words}”")
        assert words in self.text, f"{self.log.name} ended: {self.text[-600:]}"

    def kill(self) -> None:
        """-9 for the parent and its children at once."""
        kill_group(self.process)

    def send(self, sign: int) -> None:
        os.kill(self.process.pid, sign)

    def stop(self) -> None:
        if self.is_running:
            self.send(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()


class Worker(Process):
    """Prefork, as in production."""

    def __init__(
        self, name: str, folder: Path, environment: dict[str, str], *, slots: int = 2
    ) -> None:
        command = [*CELERY, "worker", "--concurrency", str(slots), "-n", f"{name}@%h"]
        command += ["--loglevel", "INFO", "--without-mingle", "--without-gossip"]
        super().__init__(command, folder / f"{name}.log", environment)

    def await_ready(self) -> "Worker":
        self.await_line(" ready.")
        return self

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def named_orphans(self) -> set[int]:
        found = ORPHANS.findall(self.text)
        return {int(pk) for keys in found for pk in keys.split(",")}


class Beat(Process):
    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        command = [*CELERY, "beat", "--schedule", str(folder / f"{name}-schedule")]
        command += ["--pidfile", str(folder / f"{name}.pid"), "--loglevel", "INFO"]
        super().__init__(command, folder / f"{name}.log", environment)
