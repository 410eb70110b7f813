"""One sweep in the foreground: for operators, after an outage or before an upgrade."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from integrations import clock
from integrations.operations import metrics
from integrations.plain_text import isolated, one_line
from integrations.renewal import drain, sweep
from integrations.renewal.outcomes import Outcome
from integrations.startup import check_key_or_exit

BAR = 40  # characters


class Command(BaseCommand):
    help = "Renews the tokens that are due (or all), with a progress bar and a closing table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app", help="the name of one integration; default: all enabled ones")
        parser.add_argument("--all", action="store_true", help="also what is not due yet")

    def handle(self, *args: Any, **options: Any) -> None:
        check_key_or_exit()
        apps = sweep.plan(name=options["app"], everything=options["all"], now=clock.now())
        if options["app"] and not apps:
            raise CommandError(_("There is no enabled integration named “%s”.") % options["app"])
        total: Counter[Outcome] = Counter()
        for name, app_id, due in apps:
            total += drain.drain(app_id, seconds=float("inf"), progress=self._bar(name, due))
            self.stdout.write("")
        metrics.tell()
        self._table(total, due=sum(due for _name, _pk, due in apps))

    def _bar(self, name: str, due: int) -> Any:
        def show(done: int) -> None:
            if sys.stderr.isatty():
                filled = BAR * min(done, due) // max(due, 1)
                bar = "█" * filled + "·" * (BAR - filled)
                self.stderr.write(f"\r{one_line(name):20.20} {bar} {done}/{due}", ending="")

        self.stdout.write(_("%(name)s: %(n)s due") % {"name": isolated(name), "n": due})
        return show

    def _table(self, total: Counter[Outcome], *, due: int) -> None:
        for outcome in Outcome:
            if total[outcome]:
                self.stdout.write(f"{total[outcome]:8} {_(outcome.value)}")
        if not total.total():
            text = _(
                "Nothing was renewed: paused, or a worker is at it. `manage.py status` says why."
            )
            self.stdout.write(text if due else _("Nothing was due."))
