"""The dashboard's figures in the terminal; the exit code is for monitoring."""

import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand

from integrations import clock
from integrations.operations import health
from integrations.plain_text import isolated
from integrations.startup import check_key_or_exit


class Command(BaseCommand):
    help = "Shows how renewals are doing. Exit code 0: all is well; 1: somebody should look."

    def handle(self, *args: Any, **options: Any) -> None:
        check_key_or_exit()
        now = clock.now()
        report = health.report(now)
        figures = report.figures
        rows = {
            "linked": figures.linked,
            "need the user": figures.needs_user,
            "failing now": figures.failing,
            "due now": figures.due_now,
            "due for over an hour": figures.overdue,
            "renewed per minute": f"{figures.renewed_per_minute:.1f}",
            "last sweep": _ago(report.last_sweep_at, now),
            "beat": _ago(report.beat_at, now),
            "workers": ", ".join(map(isolated, report.workers)) or "none seen",
            "first red badge if nothing were renewed": _day(report.first_red_at),
        }
        for name, value in rows.items():
            self.stdout.write(f"{name:42}{value}")
        for problem in report.problems:
            self.stdout.write(self.style.ERROR(problem))
        if report.problems:
            sys.exit(1)


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{(now - moment).total_seconds():.0f} s ago" if moment else "never"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "none"
