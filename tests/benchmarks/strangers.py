"""What 64 anonymous connections at once do to everybody else.

    python -m tests.benchmarks.strangers

gunicorn as documented, nothing in front of it. One line for each kind: what most of them were told,
how long `/healthz/` took at most meanwhile (99: no answer; by the load of the machine, as if it had
nothing else to do), and how many mails went to the operators. The last line is for the proxy.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.attacks.strangers import ANONYMOUS, COOKIE, HALF
from tests.attacks.web_server import Siege, WebServer, request, slow_mail_server
from tests.config.processes import ROOT, environment

COLUMNS = "{:<42} {:<38} {:>14} {:>6}"
UPLOAD = "Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000000", COOKIE
FOR_THE_PROXY = {"half an upload of 1 MB": request("POST", "/sign-in/", *UPLOAD) + b"x" * 60_000}
MORE = {
    "health itself": request("GET", "/healthz/"),
    "the sign-in page": request("GET", "/sign-in/"),
}


def main() -> None:
    print(COLUMNS.format("64 connections, each with", "answer", "/healthz/ at most", "mails"))
    with tempfile.TemporaryDirectory() as name, _portal(Path(name)) as portal:
        for kind, raw in {**MORE, **ANONYMOUS}.items():
            _tell(portal, kind, lambda raw=raw: portal.besiege(raw))
        for kind, raw in {**HALF, **FOR_THE_PROXY}.items():
            _tell(portal, f"{kind}, then silence", lambda raw=raw: _hold(portal, raw))


def _tell(portal: WebServer, kind: str, attack: object) -> None:
    before = portal.mail.visits
    siege = attack()
    time.sleep(1)
    (most, _count), *_rest = siege.answers.most_common() or [("none: they wait", 64)]
    seconds = f"{siege.slowest_health:.2f} s"
    print(COLUMNS.format(kind, most or "none", seconds, portal.mail.visits - before), flush=True)


def _hold(portal: WebServer, raw: bytes) -> Siege:
    """They stay, and each sends one byte more after three seconds."""
    with ExitStack() as connections:
        held = [connections.enter_context(portal.connect()) for _ in range(64)]
        for each in held:
            each.sendall(raw)
        siege = portal.watch(3)
        for each in held:
            each.sendall(b"x")
        siege.slowest_health = max(siege.slowest_health, portal.watch(2).slowest_health)
    return siege


@contextmanager
def _portal(folder: Path) -> Iterator[WebServer]:
    database = f"sqlite:///{folder / 'portal.sqlite3'}"
    on = {"DATABASE_URL": database, "ADMINS": "operator@example.com"}
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=ROOT, env=environment(**on), check=True)
    with slow_mail_server() as mail, WebServer(folder / "web.log", **on, EMAIL_URL=mail.url) as web:
        web.mail = mail
        print(f"{os.cpu_count()} cores, others' load {os.getloadavg()[0]:.1f}")
        yield web


if __name__ == "__main__":
    main()
