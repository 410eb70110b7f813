"""The dashboard's figures in the terminal; the exit code is for monitoring."""

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from integrations import clock
from integrations.management.monitoring import checked
from integrations.operations import health
from integrations.operations.check import Level
from integrations.plain_text import isolated, one_line


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
            "linked": figures.linked,
            "need the user": figures.needs_user,
            "failing now": figures.failing,
            "due now": figures.due_now,
            "due for over an hour": figures.overdue,
            "renewed per minute": f"{figures.renewed_per_minute:.1f}",
            "last look for what is due": _ago(running.last_sweep_at, now),
            "beat": _ago(running.beat_at, now),
            "workers": ", ".join(map(isolated, running.workers)) or "none seen",
            "first red badge if nothing were renewed": _day(report.first_red_at),
        }
        for name, value in rows.items():
            self.stdout.write(f"{name:42}{value}")
        self.stdout.write(f"\n{health.IN_WORDS[report.level].capitalize()}.")
        for trouble in report.trouble:
            is_urgent = trouble.check.level is Level.BLOCKS
            style = self.style.ERROR if is_urgent else self.style.WARNING
            self.stdout.write(style(f"{health.IN_WORDS[trouble.check.level]}: {one_line(trouble)}"))
        sys.exit(report.level.exit_code)


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{(now - moment).total_seconds():.0f} s ago" if moment else "never"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "none"
