"""The dashboard's figures in the terminal; the exit code is for monitoring."""

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from integrations import clock
from integrations.management.monitoring import checked
from integrations.operations import health
from integrations.operations.check import Level
from integrations.plain_text import grouped, isolated, one_line

WIDTH = 42  # characters of the longest name, in any language


class Command(BaseCommand):
    help = (
        "Shows how renewals are doing. Exit code 0: all is well; 1: look soon, it may mend itself; "
        "2: act now, it will not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with checked():
            now = clock.now()
            report = health.report(now)
        figures, running = report.figures, report.background
        rows = {
            _("linked"): grouped(figures.linked),
            _("need the user"): grouped(figures.needs_user),
            _("failing now"): grouped(figures.failing),
            _("due now"): grouped(figures.due_now),
            _("due for over an hour"): grouped(figures.overdue),
            _("renewed per minute"): number_format(figures.renewed_per_minute, 1),
            _("last look for what is due"): _ago(running.last_sweep_at, now),
            _("beat"): _ago(running.beat_at, now),
            _("workers"): ", ".join(map(isolated, running.workers)) or _("none seen"),
            _("first red badge if nothing were renewed"): _day(report.first_red_at),
        }
        for name, value in rows.items():
            self.stdout.write(f"{name:{WIDTH}}{value}")
        self.stdout.write(f"\n{_in_words(report.level).capitalize()}.")
        for trouble in report.trouble:
            is_urgent = trouble.check.level is Level.BLOCKS
            style = self.style.ERROR if is_urgent else self.style.WARNING
            self.stdout.write(style(f"{_in_words(trouble.check.level)}: {one_line(trouble)}"))
        sys.exit(report.level.exit_code)


def _in_words(level: Level) -> str:
    return _(health.IN_WORDS[level])


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return _("never")
    return _("%(n)s s ago") % {"n": grouped(round((now - moment).total_seconds()))}


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else _("none")
