"""manage.py export_configuration: integrations and hostnames as one file, without secrets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.monitoring import checked
from integrations.operations import configuration


class Command(BaseCommand):
    help = (
        "Writes integrations and hostnames as JSON, without secrets: to keep under version "
        "control, to change, and to apply with apply_configuration. Exit code 0: written; 1: not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="default: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        with checked(urgent=1):
            text = configuration.export().text
        if not options["file"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["file"]).write_text(text, "utf-8")
        except OSError as error:
            text = f"{options['file']} cannot be written ({error.strerror}). Name another file."
            raise CommandError(text) from None
