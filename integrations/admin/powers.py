"""Who manages people gives nobody more than they have, and takes over nobody mightier."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from accounts.models import User

FOR_SUPERUSERS = ("is_staff", "is_superuser", "user_permissions")


def grantable_groups(actor: User) -> QuerySet[Group]:
    if actor.is_superuser:
        return Group.objects.all()
    return Group.objects.exclude(permissions__in=_beyond(actor))


def is_mightier(user: User, actor: User) -> bool:
    """Whether or not they are active just now: that can be changed, too."""
    if actor.is_superuser:
        return False
    theirs = Permission.objects.filter(Q(user=user) | Q(group__user=user))
    return user.is_superuser or theirs.filter(pk__in=_beyond(actor)).exists()


def _beyond(actor: User) -> QuerySet[Permission]:
    """Permissions that the actor does not have."""
    return Permission.objects.exclude(Q(user=actor) | Q(group__user=actor))
