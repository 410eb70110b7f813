"""What `pages.py` asks: a bare view, and nginx in front of it and of the portal."""

import os
import subprocess
import sys
from pathlib import Path

from tests.faults.servers import ROOT, await_true, free_port
from tests.production.servers import Nginx


def front(folder: Path, port: int) -> Nginx:
    folder.mkdir(mode=0o711)
    return _ForAnyName(folder, port)


class _ForAnyName(Nginx):
    """wrk names no host in its handshake, only in its requests."""

    def _moved(self, text: str, portal_port: int) -> str:
        certificate = f"{self.folder}/portal.example.com"
        answer = f"ssl_certificate {certificate}.crt; ssl_certificate_key {certificate}.key;"
        return super()._moved(text, portal_port).replace("ssl_reject_handshake on;", answer)


class Bare:
    """A view with one query, served as the portal is."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.nginx = front(folder / "bare", self.port)

    def __enter__(self) -> "Bare":
        log = self.folder / "bare.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "config.wsgi"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare_settings"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        await_true(lambda: "Booting worker" in log.read_text(), 30, "the bare view")
        self.nginx.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.nginx.stop()
        self.process.terminate()
        self.process.wait()
