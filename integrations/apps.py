from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db import connection
from django.db.models.signals import post_migrate


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Webex"

    def ready(self) -> None:
        post_migrate.connect(_plant_key_canary, sender=self)
        post_migrate.connect(_create_roles, sender=self)
        user_logged_in.connect(_note_password)


def _plant_key_canary(sender: AppConfig, **kwargs: Any) -> None:
    from integrations.models import KeyCanary

    if KeyCanary._meta.db_table in connection.introspection.table_names():
        KeyCanary.objects.plant()


def _create_roles(sender: AppConfig, **kwargs: Any) -> None:
    from integrations import roles

    roles.create_missing()


def _note_password(sender: Any, request: Any, **kwargs: Any) -> None:
    from integrations.admin import presence

    presence.note_password(request)
