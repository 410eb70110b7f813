"""The web server as an operator starts it, and what it is attacked with."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.config.processes import ROOT, environment

HOST = "admin.example.com"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def request(method: str, path: str, *headers: str, host: str = HOST) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def busyness() -> float:
    """How many processes want each processor, besides ours."""
    return max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)


@dataclass
class Siege:
    answers: Counter[str] = field(default_factory=Counter)  # first lines; empty: none came
    slowest_health: float = 0.0  # seconds, as if this machine had nothing else to do


class WebServer:
    def __init__(self, log: Path, **variables: str) -> None:
        self.port, self.log = free_port(), log
        self.environment = environment(BRANDED_URL_TEMPLATE="http://{hostname}:8000", **variables)

    def __enter__(self) -> "WebServer":
        command = ["gunicorn", "-c", "python:config.gunicorn", "-b", f"127.0.0.1:{self.port}"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command, "config.wsgi"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        patience = time.monotonic() + 30
        while not self.is_healthy():
            if self.process.poll() is not None or time.monotonic() > patience:
                self.__exit__()
                raise AssertionError(self.log.read_text())
            time.sleep(0.1)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def status(self, method: str, path: str, *headers: str, host: str = HOST) -> str:
        return self.ask(method, path, *headers, host=host)[9:12]

    def is_healthy(self) -> bool:
        return self.status("GET", "/healthz/") == "200"

    def ask(self, method: str, path: str, *headers: str, host: str = HOST) -> str:
        return self.send(request(method, path, *headers, host=host))

    def send(self, raw: bytes, timeout: float = 30) -> str:
        """The whole answer; empty where none came in time."""
        with contextlib.suppress(OSError), self.connect(timeout) as connection:
            connection.sendall(raw)
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
        return ""

    def connect(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def besiege(self, raw: bytes, connections: int = 64) -> Siege:
        """Sends it over that many connections at once, and asks for its health meanwhile."""
        siege, is_over = Siege(), threading.Event()
        watching = threading.Thread(target=self._watch, args=(siege, is_over))
        watching.start()
        try:
            with ThreadPoolExecutor(connections) as attackers:
                for answer in attackers.map(self.send, [raw] * connections):
                    siege.answers[answer.partition("\r\n")[0]] += 1
        finally:
            is_over.set()
            watching.join()
        return siege

    def watch(self, seconds: float) -> Siege:
        siege, is_over = Siege(), threading.Event()
        threading.Timer(seconds, is_over.set).start()
        self._watch(siege, is_over)
        return siege

    def _watch(self, siege: Siege, is_over: threading.Event) -> None:
        while not is_over.wait(0.05):
            began = time.monotonic()
            healthy = self.is_healthy()
            took = (time.monotonic() - began) / busyness() if healthy else 99.0
            siege.slowest_health = max(siege.slowest_health, took)


class SlowMailServer:
    """Greets after seconds, as a busy one does, then hangs up. Counts who came."""

    def __init__(self, seconds: float = 4.0) -> None:
        self.seconds, self.visits = seconds, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listener.accept()
                self.visits += 1
                threading.Timer(self.seconds, connection.close).start()

    def close(self) -> None:
        self.listener.close()


@contextlib.contextmanager
def slow_mail_server() -> Iterator[SlowMailServer]:
    server = SlowMailServer()
    try:
        yield server
    finally:
        server.close()
