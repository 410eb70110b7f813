"""manage.py apply_configuration: the file becomes the configuration, all of it or nothing."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import clock
from integrations.errors import ConfigurationMoved, InvalidConfiguration, Remark, Unconfirmed
from integrations.management.monitoring import checked
from integrations.operations import configuration
from integrations.operations.configuration import Plan
from integrations.operations.configuration.document import LARGEST
from integrations.operations.configuration.words import Kind
from integrations.plain_text import grouped, one_line

MARKS = {Kind.ADD: "+", Kind.CHANGE: "~", Kind.REMOVE: "-"}
DIFFERENCES, REFUSED = 2, 1


class Command(BaseCommand):
    help = (
        "Makes integrations and hostnames what FILE says (see export_configuration). What is not "
        "in it is removed; secrets stay as they are. Exit code 0: applied, or nothing to do; 1: "
        "refused, and nothing changed; 2: --plan found differences."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="or - for standard input")
        parser.add_argument("--plan", action="store_true", help="only say what would change")
        parser.add_argument("--yes", action="store_true", help="although users lose something")
        parser.add_argument(
            "--expect", default="", metavar="FINGERPRINT",
            help="refuse if anything changed since the --plan that printed this",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        content = _read(options["file"])
        try:
            with checked(urgent=REFUSED):
                if options["plan"]:
                    self._show(configuration.plan(content, now=clock.now()))
                else:
                    self._apply(content, options)
        except InvalidConfiguration as error:
            self._print(error.faults)
            raise CommandError("Refused, nothing changed. Correct the file.") from None
        except Unconfirmed as error:
            self._print(error.questions)
            text = "Refused, nothing changed. If you mean it, run it again with --yes."
            raise CommandError(text) from None
        except ConfigurationMoved:
            text = "Refused, nothing changed: somebody changed the configuration. Plan again."
            raise CommandError(text) from None

    def _apply(self, content: bytes, options: dict[str, Any]) -> None:
        confirmed = None if options["yes"] else ""
        expected = [options["expect"]] if options["expect"] else None
        done = configuration.apply(content, now=clock.now(), expected=expected, confirmed=confirmed)
        self._print_changes(done)
        self.stdout.write(
            f"Applied: {grouped(len(done.changes))}." if done.changes else "Nothing to do."
        )

    def _show(self, plan: Plan) -> None:
        self._print_changes(plan)
        if plan.questions:
            self.stdout.write("\nIt will ask (answer with --yes):")
            self._print(plan.questions)
        self.stdout.write(f"\nFingerprint of what is there now: {plan.fingerprint}")
        if plan.changes:
            text = f"Differences: {grouped(len(plan.changes))}. Nothing changed yet."
            raise CommandError(text, returncode=DIFFERENCES)
        self.stdout.write("Nothing to do.")

    def _print_changes(self, plan: Plan) -> None:
        for change in plan.changes:
            self.stdout.write(f"{MARKS[change.kind]} {one_line(change.sentence)}")

    def _print(self, remarks: Iterable[Remark]) -> None:
        for remark in remarks:
            self.stdout.write(one_line(f"{remark.path or 'The file'}: {remark.sentence}"))


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read ({error.strerror}).") from None
