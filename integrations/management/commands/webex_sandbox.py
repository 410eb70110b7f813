"""manage.py webex_sandbox: the stand-in for Webex in the foreground, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.sandbox import Sandbox
from integrations.sandbox.core.directory import SIZE
from integrations.sandbox.wire.server import is_loopback


class Command(BaseCommand):
    help = "Run the local stand-in for Webex: developer portal, sign-in, tokens and REST API."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--state", metavar="FILE", help="keep integrations and tokens here")
        parser.add_argument("--mails", metavar="FOLDER", help="show the portal's mails from there")
        parser.add_argument(
            "--subscribers", type=int, default=SIZE, help=f"generated BroadWorks users: {SIZE}"
        )
        parser.add_argument("--allow-remote", action="store_true", help="serve other machines too")

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"]
        if not is_loopback(host) and not options["allow_remote"]:
            raise CommandError(
                f"{host} is reachable from other machines, and the sandbox gives tokens to anybody:"
                " add --allow-remote if you mean it."
            )
        self._log_calls()
        stopping = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stopping.set())
        sandbox = self._started(options)
        self._introduce(sandbox)
        stopping.wait()
        sandbox.stop()
        self.stdout.write("Sandbox stopped.")

    def _started(self, options: dict[str, Any]) -> Sandbox:
        host, port = options["host"], options["port"]
        try:
            sandbox = Sandbox(
                port=port, host=host, state_path=options["state"],
                subscribers=options["subscribers"], mail_folder=options["mails"],
            )  # fmt: skip
            sandbox.start()
        except ValueError as error:
            raise CommandError(str(error)) from None
        except (OSError, OverflowError) as error:
            raise CommandError(f"Cannot listen on {host}:{port}: {error}") from None
        return sandbox

    def _introduce(self, sandbox: Sandbox) -> None:
        self.stdout.write("Webex sandbox (not Webex). Ctrl-C stops it.")
        self.stdout.write(f"  Developer portal  {sandbox.origin}/my-apps/")
        self.stdout.write(f"  Control page      {sandbox.origin}/sandbox/")
        self.stdout.write(f"  Mails             {sandbox.origin}/sandbox/mails/")
        self.stdout.write(f"  API               {sandbox.api_url}")
        self.stdout.flush()  # into a pipe or a file, too, before it waits

    def _log_calls(self) -> None:
        logger = logging.getLogger("integrations.sandbox")
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
