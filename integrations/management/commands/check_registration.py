"""Is each integration ready? The same answers as on its page, for a terminal or a monitor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import clock
from integrations.models import WebexApp
from integrations.operations import readiness
from integrations.plain_text import isolated, one_line

MARKS = {
    readiness.Level.FINE: "ok  ",
    readiness.Level.ASKS: "ask ",
    readiness.Level.BLOCKS: "TODO",
}


class Command(BaseCommand):
    help = "Prints what each integration still needs; fails if something blocks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="of one integration; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        apps = WebexApp.objects.order_by("name")
        if options["name"]:
            apps = apps.filter(name=options["name"])
        if not apps:
            raise CommandError("There is no such integration. Add one under Settings → Webex.")
        found = readiness.check_all(apps, now=clock.now())
        for app in apps:
            self._print(app, found[app.pk])
        if any(each.blocking for each in found.values()):
            raise CommandError("Something blocks; see TODO above.")

    def _print(self, app: WebexApp, result: readiness.Readiness) -> None:
        state = "enabled" if app.is_enabled else "not enabled"
        self.stdout.write(f"{isolated(app.name)} ({state}): {result.summary}")
        for check in result.checks:
            text = one_line(f"{check.sentence} {check.next_step}")
            self.stdout.write(f"  {MARKS[check.level]}  {text}")
            for line in check.to_copy.splitlines():
                self.stdout.write(f"          {one_line(line)}")
