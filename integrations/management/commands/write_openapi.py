from typing import Any

from django.core.management.base import BaseCommand

from integrations.api import v1


class Command(BaseCommand):
    help = "Writes integrations/api/openapi.json from the routes, after one of them was changed."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        v1.DOCUMENT.write_text(v1.as_text())
        self.stdout.write(f"Written: {v1.DOCUMENT}")
