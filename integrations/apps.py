from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connection
from django.db.models.signals import post_migrate


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Webex"

    def ready(self) -> None:
        from accounts.models import password_set

        post_migrate.connect(_plant_key_canary, sender=self)
        post_migrate.connect(_create_roles, sender=self)
        # Signals here and nowhere else: `accounts` knows nothing of this app, and Django sends
        # them whichever page or command it is.
        user_logged_in.connect(_record_sign_in)
        user_logged_out.connect(_record_sign_out)
        user_login_failed.connect(_record_refusal)
        password_set.connect(_record_password)


def _plant_key_canary(sender: AppConfig, **kwargs: Any) -> None:
    from integrations.models import KeyCanary

    if KeyCanary._meta.db_table in connection.introspection.table_names():
        KeyCanary.objects.plant()


def _create_roles(sender: AppConfig, **kwargs: Any) -> None:
    from integrations import roles

    roles.create_missing()


def _record_sign_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from integrations import clock
    from integrations.admin import presence
    from integrations.operations import people

    through = getattr(request, "signed_in_through", "")
    people.record_sign_in(user, through=through, now=clock.now())
    presence.note_password(request, at=getattr(request, "authenticated_at", None))


def _record_sign_out(sender: Any, user: Any, **kwargs: Any) -> None:
    from integrations import clock
    from integrations.operations import people

    if user is not None:
        people.record_sign_out(user, now=clock.now())


def _record_refusal(sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
    from integrations import clock
    from integrations.operations import people

    is_limit = hasattr(request, "sign_in_refusal")
    people.record_refusal(credentials.get("username", ""), is_limit=is_limit, now=clock.now())


def _record_password(sender: Any, user: Any, **kwargs: Any) -> None:
    from integrations import clock
    from integrations.operations import people

    people.record_password(user, now=clock.now())
