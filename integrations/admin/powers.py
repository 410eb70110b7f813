"""Who manages people gives nobody more than they have, and takes over nobody mightier."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from accounts.models import User
from integrations.models import IdentityProvider

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


def gives_more(provider: IdentityProvider, actor: User) -> bool:
    """Whether groups at the provider get somebody what the actor could not give."""
    if actor.is_superuser:
        return False
    given = Group.objects.filter(mappedgroup__provider=provider)
    beyond = given.exclude(pk__in=grantable_groups(actor))
    return bool(provider.settings_groups) or beyond.exists()


def _beyond(actor: User) -> QuerySet[Permission]:
    """Permissions that the actor does not have."""
    return Permission.objects.exclude(Q(user=actor) | Q(group__user=actor))
