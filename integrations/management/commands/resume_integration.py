"""The button “Try now” of a paused integration, in the terminal."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from integrations import clock
from integrations.errors import CannotResume
from integrations.management.monitoring import checked
from integrations.models import WebexApp
from integrations.operations import integrations
from integrations.operations.check import Level


class Command(BaseCommand):
    help = (
        "Has a paused integration tried now, instead of when its pause ends. Exit code 0: it will "
        "be; 1: it is not paused, or Webex asked it to wait; 2: there is no such integration, or "
        "the command could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of the integration")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with checked():
                app = WebexApp.objects.get(name=options["name"], is_enabled=True)
                integrations.resume(app, now=clock.now())
        except WebexApp.DoesNotExist:
            text = _("There is no enabled integration named “%s”.") % options["name"]
            raise CommandError(text, returncode=Level.BLOCKS.exit_code) from None
        except CannotResume as error:
            raise CommandError(str(error), returncode=Level.ASKS.exit_code) from None
        text = _(
            "A worker tries it within %d seconds; “manage.py refresh_grants --app NAME” does so "
            "here."
        )
        self.stdout.write(text % settings.REFRESH_SWEEP_EVERY)
