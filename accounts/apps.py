from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # After integrations, not after accounts: only then do all the permissions exist.
        post_migrate.connect(_create_roles, sender=apps.get_app_config("integrations"))


def _create_roles(sender: AppConfig, **kwargs: Any) -> None:
    from accounts import roles

    roles.create_missing()
