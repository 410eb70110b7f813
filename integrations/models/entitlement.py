"""Who may use Webex as SQL knows it: superusers, and by a permission of their own or a group's.

For whole lists, and for the badge of every page. Elsewhere `user.has_perm` decides.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import load_backend
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import rights
from accounts.models import User
from accounts.rights import RightsBackend
from integrations.models.grant import Grant, GrantQuerySet

ANSWERS = (
    "has_perm", "get_all_permissions", "get_user_permissions", "get_group_permissions",
    "_get_user_permissions", "_get_group_permissions",
)  # fmt: skip

# Of a row of accounts_user that is called `person`.
MAY_USE_WEBEX = f"""
    person.is_active AND (person.is_superuser OR (
        SELECT its.id FROM auth_permission its
        JOIN django_content_type kind ON kind.id = its.content_type_id
        WHERE its.codename = 'use_webex' AND kind.app_label = 'integrations'
    ) IN ({rights.HELD}))
"""  # noqa: S608  constants only


def is_known_in_sql() -> bool:
    """Another backend may grant what no table shows: then tables do not tell who lost it."""
    return _ask_tables_only(tuple(settings.AUTHENTICATION_BACKENDS))


@cache  # asked with every badge
def _ask_tables_only(backends: tuple[str, ...]) -> bool:
    return all(_asks_tables_only(type(load_backend(each))) for each in backends)


def _asks_tables_only(backend: type) -> bool:
    kinds = (RightsBackend, ModelBackend, BaseBackend, object)  # the last two grant nothing
    return all(
        getattr(backend, name, None) in [getattr(kind, name, None) for kind in kinds]
        for name in ANSWERS
    )


def may_use_webex() -> Q:
    """Of a grant's user, as an expression."""
    own, by_group = _holders()
    is_right = Q(user__is_superuser=True) | Exists(own) | Exists(by_group)
    return Q(user__is_active=True) & is_right


def newly_lost() -> GrantQuerySet:
    """Anti-joins, which stay fast at any number of users; NOT IN would compare all with all."""
    own, by_group = _holders()
    live = Grant.objects.not_disconnected().filter(right_lost_at=None, user__is_superuser=False)
    return live.filter(~Exists(own), ~Exists(by_group))


def returned() -> GrantQuerySet:
    own, by_group = _holders()
    marked = Grant.objects.not_disconnected().filter(right_lost_at__isnull=False)
    return marked.filter(Q(user__is_superuser=True) | Exists(own) | Exists(by_group))


def _holders() -> tuple[QuerySet[Any], QuerySet[Any]]:
    own = User.user_permissions.through.objects.filter(
        user=OuterRef("user"),
        permission__codename="use_webex",
        permission__content_type__app_label="integrations",
    )
    by_group = User.groups.through.objects.filter(
        user=OuterRef("user"),
        group__permissions__codename="use_webex",
        group__permissions__content_type__app_label="integrations",
    )
    return own, by_group
