"""A demo that can be put into every trouble: two brands, one linked user or many of them."""

import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.e2e.conftest import ROOT, Demo, embedded_environment, running
from tests.e2e.test_story import ACME, GLOBEX

MANY = 24
PORTS = 8520, 8521  # the authorization URL and the redirect URIs contain them
SETTINGS = {
    "DEMO_PASSWORD": "walk-walk-walk",
    "ADMINS": "operator@portal.example",
    "REFRESH_SWEEP_EVERY": "3",
}
SEND_MAILS = """
from integrations import clock
from integrations.operations import notices
notices.send_all(now=clock.now())
"""
SHIFTED = {
    "Grant": ("granted_at", "failing_since", "suspect_since", "refresh_due_at", "refreshed_at"),
    "AppIncident": ("began_at",),
    "WebexApp": ("client_asked_at",),
    "GrantEvent": ("at",),
}


class World:
    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.extra: list[subprocess.Popen[bytes]] = []
        self.asides: list[str] = []  # what else is worth reading

    # --- Webex -----------------------------------------------------------------------------------

    def webex(self, path: str, /, **values: Any) -> None:
        answer = requests.post(f"{self.demo.sandbox}/sandbox/{path}", json=values, timeout=10)
        answer.raise_for_status()

    def webex_is_well(self) -> None:
        requests.delete(f"{self.demo.sandbox}/sandbox/faults", timeout=10).raise_for_status()

    def regenerate_the_secret(self) -> str:
        page = requests.get(f"{self.demo.sandbox}/my-apps/", timeout=10).text
        app = self.demo.sandbox + re.search(r'href="(/my-apps/(?!new)[^"]+)"', page)[1]
        page = requests.post(app, {"action": "regenerate"}, timeout=10).text  # the one time
        return re.search(r'value="([0-9a-f]{64})"', page)[1]

    def consent(self, url: str, email: str) -> str:
        """Where Webex sends the browser back to."""
        session = requests.Session()
        page = session.get(url, timeout=10).text
        fields = {"transaction": re.search(r'name="transaction" value="([^"]+)"', page)[1]}
        idb = f"{urlsplit(self.demo.sandbox)._replace(path='/idb').geturl()}"
        session.post(f"{idb}/sign-in", fields | {"email": email}, timeout=10).raise_for_status()
        decided = session.post(
            f"{idb}/consent", fields | {"decision": "accept"}, timeout=10, allow_redirects=False
        )
        return str(decided.headers["Location"])

    # --- The portal ------------------------------------------------------------------------------

    def link(self, username: str, email: str, hostname: str) -> None:
        from accounts.models import User
        from tests.browsing import PortalClient

        browser = PortalClient(host=hostname, sandbox=None)
        browser.force_login(User.objects.get(username=username))
        browser.come_back(self.consent(browser.start(), email))

    def renew_all(self) -> None:
        from integrations import clock
        from integrations.models import Grant
        from integrations.renewal import on_demand

        long_ago = clock.now() - timedelta(days=8)
        Grant.objects.active().update(refreshed_at=long_ago)
        on_demand.make_due(list(Grant.objects.active()), now=clock.now())

    def until(self, condition: Callable[[], Any], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.3)

    def later(self, **span: float) -> None:
        """Time goes by without anybody waiting."""
        from django.apps import apps
        from django.db.models import F

        for name, columns in SHIFTED.items():
            model = apps.get_model("integrations", name)
            model.objects.update(**{name: F(name) - timedelta(**span) for name in columns})

    def settle(self) -> None:
        time.sleep(2 * float(SETTINGS["REFRESH_SWEEP_EVERY"]) + 6)  # and figures are kept for 5 s
        self.command("shell", "-c", SEND_MAILS)

    # --- Processes -------------------------------------------------------------------------------

    def freeze(self, name: str) -> None:
        for pid in self._pids(name):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        for pid in self._pids(name):
            os.kill(pid, signal.SIGCONT)

    def _pids(self, name: str) -> list[int]:
        """Of this demo's worker or beat, with their children."""
        wanted = f"-A config {name}".encode().replace(b" ", b"\0")
        here = f"DEMO_DIR={self.demo.folder / '.demo'}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
                if wanted in command and here in (process / "environ").read_bytes():
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def another_worker(self, **environment: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", "second@%h",
                   "--concurrency", "1", "--loglevel", "INFO"]  # fmt: skip
        values = self._environment() | environment
        log = (self.demo.folder / "second.log").open("wb")
        self.extra.append(subprocess.Popen(command, cwd=ROOT, env=values, stdout=log, stderr=log))

    def command(self, *words: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT,
            env=self._environment() | environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = f"{done.stdout}{done.stderr}exit code {done.returncode}"
        return f"$ manage.py {' '.join(words)}\n{said}"

    def _environment(self) -> dict[str, str]:
        kept = embedded_environment(self.demo.folder)
        return kept | {"ENV_FILE": str(self.demo.folder / ".demo" / "env")}

    def stop(self) -> None:
        self.thaw("worker")
        self.thaw("beat")
        for process in self.extra:
            process.terminate()
            process.wait(20)

    # --- Mails -----------------------------------------------------------------------------------

    def mails(self) -> list[str]:
        found = []
        for file in sorted((self.demo.folder / "mail").glob("*")):
            for raw in file.read_bytes().split(b"-" * 79 + b"\n"):
                if raw.strip():
                    found.append(_as_text(raw))
        return found


def _as_text(raw: bytes) -> str:
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    heads = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject"))
    return f"{heads}\n\n{body.get_content() if body else ''}".strip()


def prepare(folder: Path) -> None:
    """Makes the folders `one` and `many`, each a stopped demo; kept for further walks."""
    demo_folder = folder / "demo"
    if (folder / "many").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    (demo_folder / ".demo").mkdir(parents=True)
    settings = SETTINGS | {"EMAIL_URL": f"filemail:///{demo_folder / 'mail'}"}
    text = "".join(f"{name}={value}\n" for name, value in settings.items())
    (demo_folder / ".demo" / "env").write_text(text)
    with started(demo_folder) as world:
        world.link("alice", "alice@acme.example", ACME)
    shutil.copytree(demo_folder / ".demo", folder / "one", ignore=_no_sockets)
    with started(demo_folder) as world:
        world.link("bob", "bob@globex.example", GLOBEX)
        for number in range(MANY - 2):
            _link_one_more(world, number)
    shutil.copytree(demo_folder / ".demo", folder / "many", ignore=_no_sockets)


def _no_sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith(".sock")}


def _link_one_more(world: World, number: int) -> None:
    from django.contrib.auth.models import Group

    from accounts.models import User

    username = f"user{number:02}"
    user = User.objects.create_user(username, f"{username}@portal.example", first_name="User")
    user.groups.add(Group.objects.get(name="Webex users"))
    email, org = f"{username}@webex.example", "Globex GmbH" if number % 2 else "Acme Corporation"
    world.webex("people", email=email, display_name=f"User {number}", org_name=org)
    world.link(username, email, GLOBEX if number % 2 else ACME)


@contextmanager
def started(folder: Path, template: Path | None = None, **settings: str) -> Iterator[World]:
    if template:
        shutil.rmtree(folder / ".demo")
        shutil.rmtree(folder / "mail", ignore_errors=True)
        shutil.copytree(template, folder / ".demo")
    env = folder / ".demo" / "env"
    lines = dict(line.partition("=")[::2] for line in env.read_text().splitlines())
    env.write_text("".join(f"{name}={value}\n" for name, value in (lines | settings).items()))
    with running(embedded_environment(folder), ports=PORTS) as demo:
        _set_up_django(env)
        world = World(demo)
        try:
            yield world
        finally:
            world.stop()


def _set_up_django(env: Path) -> None:
    """Once: each later demo has the same ports and the same database path."""
    import django
    from django.conf import settings
    from django.db import connection

    from config import static_files

    if not settings.configured:
        os.environ.update({"ENV_FILE": str(env), "DJANGO_SETTINGS_MODULE": "config.settings"})
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"  # Playwright's loop is no danger to it
        django.setup()
        logging.disable()
        static_files.collect()
    connection.close()
