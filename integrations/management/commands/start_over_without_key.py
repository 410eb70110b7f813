"""manage.py start_over_without_key: the last resort, when no copy of the encryption key is left."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import clock
from integrations.errors import WrongEncryptionKey
from integrations.management.monitoring import answered
from integrations.models import KeyCanary
from integrations.operations import lost_key
from integrations.plain_text import grouped

SURE = "--everybody-links-again"


class Command(BaseCommand):
    help = (
        "Give up what no key in FIELD_ENCRYPTION_KEY decrypts: every user is asked to link again, "
        "every integration is off until it has a client secret. Stop web, worker and beat before. "
        "Exit code 0: done; 1: nothing was changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(SURE, action="store_true", dest="is_sure", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        with answered(urgent=1):
            self._start_over(is_sure=options["is_sure"])

    def _start_over(self, *, is_sure: bool) -> None:
        try:
            KeyCanary.objects.verify()
        except WrongEncryptionKey:
            pass
        else:
            raise CommandError("The key fits this database. Nothing was changed.")
        for model, rows in lost_key.count().items():
            self.stdout.write(f"{model}: {grouped(rows)} cannot be read")
        if not is_sure:
            raise CommandError(
                f"Nothing was changed. Look for the key once more; if it is lost, add {SURE}."
            )
        lost_key.start_over(now=clock.now(), advance=self._advance)
        self.stdout.write(
            "Done. Start everything, enter the client secret of each integration and enable it: "
            "then people can link again, and each gets a mail."
        )

    def _advance(self, done: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{grouped(done)} rows", ending="")
