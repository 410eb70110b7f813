"""One sweep in the foreground: for operators, after an outage or before an upgrade."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations import clock
from integrations.database import schema
from integrations.management.monitoring import checked
from integrations.operations import left_over, metrics
from integrations.operations.check import Level, worst
from integrations.operations.left_over import LeftOver
from integrations.plain_text import grouped, isolated, one_line
from integrations.renewal import drain, sweep
from integrations.renewal.outcomes import Outcome

BAR = 40  # characters


class Command(BaseCommand):
    help = (
        "Renews the tokens that are due (or all), with a progress bar and a closing table; says "
        "what was not tried, and why. Exit code 0: nothing is left to renew; 1: some of it waits, "
        "and is tried again by itself; 2: of some integration nothing could be renewed, or the "
        "command could not run. Whom Webex ended must link again: nobody waits for them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app", help="the name of one integration; default: all enabled ones")
        parser.add_argument(
            "--all", action="store_true", help="also what is not due yet, or waits after a failure"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with checked():
            if schema.missing():
                raise CommandError(_("Run “migrate” of this release first."), returncode=2)
            level = self._renew(options["app"], everything=options["all"])
        sys.exit(level.exit_code)

    def _renew(self, only: str | None, *, everything: bool) -> Level:
        apps = sweep.plan(name=only, everything=everything, now=clock.now())
        if only and not apps:
            text = _("There is no enabled integration named “%s”.") % only
            raise CommandError(text, returncode=Level.BLOCKS.exit_code)
        total: Counter[Outcome] = Counter()
        left: list[LeftOver] = []
        levels = []
        for name, app_id, due in apps:
            tally = drain.drain(app_id, seconds=float("inf"), progress=self._bar(name, due))
            self.stdout.write("")
            total += tally
            left.append(left_over.find(app_id, now=clock.now()))
            levels.append(left[-1].level(asked=due > 0, renewed=tally[Outcome.RENEWED] > 0))
        metrics.tell()
        self._table(total, due=sum(due for _name, _pk, due in apps))
        self._explain(left)
        if not only:
            self._name_switched_off()
        return worst(levels)

    def _bar(self, name: str, due: int) -> Any:
        def show(done: int) -> None:
            if sys.stderr.isatty():
                filled = BAR * min(done, due) // max(due, 1)
                bar = "█" * filled + "·" * (BAR - filled)
                text = f"\r{one_line(name):20.20} {bar} {grouped(done)}/{grouped(due)}"
                self.stderr.write(text, ending="")

        self.stdout.write(_("%(name)s: %(n)s due") % {"name": isolated(name), "n": grouped(due)})
        return show

    def _table(self, total: Counter[Outcome], *, due: int) -> None:
        for outcome in Outcome:
            if total[outcome]:
                self.stdout.write(f"{grouped(total[outcome]):>9} {_(outcome.value)}")
        if not total.total():
            self.stdout.write(_("Nothing was renewed.") if due else _("Nothing was due."))

    def _explain(self, left: list[LeftOver]) -> None:
        for each in left:
            for sentence in each.sentences():
                self.stdout.write(f"{isolated(each.app.name)}: {one_line(sentence)}")

    def _name_switched_off(self) -> None:
        for app, linked in left_over.switched_off():
            text = ngettext(
                "It is not enabled, so nothing is renewed for its %(n)s user.",
                "It is not enabled, so nothing is renewed for its %(n)s users.",
                linked,
            ) % {"n": grouped(linked)}
            self.stdout.write(f"{isolated(app.name)}: {text}")
