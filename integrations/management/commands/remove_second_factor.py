"""manage.py remove_second_factor: for an administrator who lost the phone and the codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from integrations import clock
from integrations.management.monitoring import answered
from integrations.operations import second_factors


class Command(BaseCommand):
    help = (
        "Removes the second factor of a user who lost it. Make sure first that it is them who ask: "
        "until they set one up again, their password is enough. Exit code 0: removed; 1: there was "
        "nothing to remove."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        with answered(urgent=1):
            user = User.objects.filter(username=options["username"]).first()
            if user is None:
                raise CommandError("There is no user of that name.")
            if not second_factors.remove(user, now=clock.now()):
                raise CommandError("They have no second factor. Nothing was changed.")
        self.stdout.write("Removed.")
