"""Who may use Webex as SQL knows it: superusers, and by a permission of their own or a group's.

For whole lists. About one person, `user.has_perm` decides.
"""

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from integrations.models.grant import Grant, GrantQuerySet

# Another backend may grant what no table shows: then tables do not tell who lost it.
KNOWN_BACKENDS = {
    "axes.backends.AxesStandaloneBackend",  # grants nothing
    "django.contrib.auth.backends.ModelBackend",
}


def is_known_in_sql() -> bool:
    return set(settings.AUTHENTICATION_BACKENDS) <= KNOWN_BACKENDS


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
