"""manage.py rotate_encryption_key: everything encrypted anew with the first key that is listed."""

import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations import clock
from integrations.management.monitoring import checked
from integrations.operations import key_rotation
from integrations.operations.key_rotation import NO_KEY, Report, Tally
from integrations.plain_text import grouped

WIDTH = 40  # of the progress bar


class Command(BaseCommand):
    help = (
        "Re-encrypt all tokens and secrets with the first key in FIELD_ENCRYPTION_KEY. Before: "
        "restart every process with the new key first and the old one after it. May be "
        "interrupted and run again. Exit code 0: every value can be read (“Old: 0”: with the first "
        "key alone); 1: some cannot, or the command could not run."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with checked(urgent=1):
            report = key_rotation.rotate(now=clock.now(), advance=self._advance, by=_login())
        self._summarise(report)

    def _advance(self, done: int, everything: int) -> None:
        if self.stdout.isatty():
            bar = "#" * (WIDTH * done // max(everything, 1))
            end = "\n" if done >= everything else ""
            self.stdout.write(
                f"\r[{bar:<{WIDTH}}] {grouped(done)}/{grouped(everything)} rows", ending=end
            )
            self.stdout.flush()

    def _summarise(self, report: Report) -> None:
        for before, after in zip(report.before, report.after, strict=True):
            self.stdout.write(f"{before.model}: {_in_words(before)} -> {_in_words(after)}")
        if report.old:
            self.stdout.write(
                f"Keep the old key. Values that still need it: {grouped(report.old)}. Some process "
                "may be running without the new key. Run this again."
            )
        elif len(settings.FIELD_ENCRYPTION_KEY) > 1:
            self.stdout.write("Old: 0. The old key can be removed from FIELD_ENCRYPTION_KEY.")
        if report.undecryptable:
            raise CommandError(
                f"Values that no listed key decrypts: {grouped(report.undecryptable)}. They were "
                "left as they are: add the key they were written with, or let those users link "
                "again."
            )


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, a user ID without a name
        return ""


def _in_words(tally: Tally) -> str:
    positions = range(1, len(settings.FIELD_ENCRYPTION_KEY) + 1)
    counts = [f"key {position} {grouped(tally.by_key[position])}" for position in positions]
    return ", ".join([*counts, f"none {grouped(tally.by_key[NO_KEY])}"])
