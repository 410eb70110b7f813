"""Is each integration ready? The same answers as on its page, for a terminal or a monitor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from integrations import clock
from integrations.management.monitoring import checked
from integrations.models import WebexApp
from integrations.operations import readiness
from integrations.operations.check import Level, worst
from integrations.plain_text import isolated, one_line

MARKS = {
    Level.FINE: "ok  ",
    Level.ASKS: "ask ",
    Level.BLOCKS: "TODO",
}


class Command(BaseCommand):
    help = (
        "Prints what each integration still needs. Exit code 0: nothing; 1: look soon; "
        "2: act now, users of an enabled integration are in trouble."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="of one integration; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        with checked():
            apps = list(WebexApp.objects.order_by("name"))
            found = readiness.check_all(apps, now=clock.now())
        if options["name"]:
            apps = [app for app in apps if app.name == options["name"]]
        if not apps:
            text = _("There is no such integration. Add one under Settings → Webex.")
            raise CommandError(text, returncode=Level.BLOCKS.exit_code)
        for app in apps:
            self._print(app, found[app.pk])
        level = worst([_urgency(app, found[app.pk]) for app in apps])
        if level is Level.BLOCKS:
            raise CommandError(_("Act now: see TODO above."), returncode=level.exit_code)
        if level is Level.ASKS:
            raise CommandError(_("Look soon: see above."), returncode=level.exit_code)

    def _print(self, app: WebexApp, result: readiness.Readiness) -> None:
        state = _("enabled") if app.is_enabled else _("not enabled")
        self.stdout.write(f"{isolated(app.name)} ({state}): {result.summary}")
        for check in result.checks:
            text = one_line(f"{check.sentence} {check.next_step}")
            if check.tracking_id:
                text += " " + _("Tracking ID: %s.") % one_line(check.tracking_id)
            self.stdout.write(f"  {MARKS[check.level]}  {text}")
            for line in check.to_copy.splitlines():
                self.stdout.write(f"          {one_line(line)}")


def _urgency(app: WebexApp, result: readiness.Readiness) -> Level:
    """Whoever is still setting one up has time."""
    is_under_way = result.level is Level.BLOCKS and not app.is_enabled
    return Level.ASKS if is_under_way else result.level
