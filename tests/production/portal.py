"""The portal's processes as systemd runs them, which starts again what has ended."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.servers import ROOT, await_true, kill_group

RUN = ROOT / "config" / "deploy" / "run"
RESTART_AFTER = 2.0  # seconds: RestartSec of the units
# As systemd hands over the socket that it holds (sd_listen_fds(3)).
ACTIVATED = 'exec 3<&"$0"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'


class Service:
    def __init__(self, name: str, folder: Path, command: str, ready: str, fd: int = 0) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self.command, self.ready, self.fd = command, ready, fd
        self.log.touch()

    def start(self) -> "Service":
        command = [str(RUN), self.command]
        if self.fd:
            command = ["bash", "-c", ACTIVATED, str(self.fd), *command]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._read_from = self.log.stat().st_size
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PATH": path, "WORKER_NAME": self.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[self.fd] if self.fd else [],
            )
        return self

    def await_ready(self) -> "Service":
        await_true(lambda: self.ready in self._said() or self._has_ended(), 60, self.name)
        assert not self._has_ended(), self._said()[-2000:]
        return self

    def restart(self) -> float:
        """In order; how long nobody of that name was there, in seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.start().await_ready()
        return time.monotonic() - began

    def kill(self) -> None:
        kill_group(self.process)

    def stop(self) -> None:
        if not self._has_ended():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(45)
            except subprocess.TimeoutExpired:
                self.kill()

    def _said(self) -> str:
        return self.log.read_bytes()[self._read_from :].decode(errors="replace")

    def _has_ended(self) -> bool:
        return self.process.poll() is not None


class Portal:
    """Two web services on one socket, two workers, one beat."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(2048)
        self.port = int(self.socket.getsockname()[1])
        fd = self.socket.fileno()
        web = [Service(f"web-{n}", folder, "web", "Booting worker", fd) for n in (1, 2)]
        workers = [Service(f"worker-{n}", folder, "worker", " ready.") for n in (1, 2)]
        self.services = [*web, *workers, Service("beat", folder, "beat", "beat: Starting")]

    def __getitem__(self, name: str) -> Service:
        return next(each for each in self.services if each.name == name)

    def start(self) -> None:
        for service in self.services:
            service.start()
        for service in self.services:
            service.await_ready()

    def stop(self) -> None:
        for service in self.services:
            if hasattr(service, "process") and not service._has_ended():
                service.process.send_signal(signal.SIGTERM)
        for service in self.services:
            if hasattr(service, "process"):
                service.stop()
