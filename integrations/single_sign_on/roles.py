"""Roles as the provider's groups say: those that are mapped are given and taken, and no others.

Whom several providers know keeps a role for as long as one of them gives it.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from integrations.actions import Action
from integrations.errors import ProviderMisconfigured
from integrations.linking import entitlement
from integrations.models import AuditEvent, Identity, MappedGroup


def follow(identity: Identity, claims: dict[str, Any], *, may_open: bool, now: datetime) -> None:
    """At every sign-in. `may_open`: whether a group may open the settings of its brands, too.

    Raises ProviderMisconfigured where it does not say which groups, because they are too many:
    none of their roles would be left.
    """
    user, provider = identity.user, identity.provider
    rows, groups = list(provider.mapped_groups.all()), provider.groups_in(claims)
    if (rows or provider.settings_groups) and provider.tells_groups_elsewhere(claims):
        raise ProviderMisconfigured("groups_elsewhere")
    changed = _follow_groups(identity, rows, groups)
    if may_open and provider.settings_groups:
        changed += _open_settings(user, not groups.isdisjoint(provider.settings_groups))
    if changed:
        AuditEvent.objects.record(
            Action.USER_CHANGED, user, changed=changed, reason=provider.name, now=now
        )
        entitlement.note_changes(user=user, by=user, now=now)


def _follow_groups(identity: Identity, rows: list[MappedGroup], groups: set[str]) -> list[str]:
    user = identity.user
    mapped = {row.ours_id for row in rows}
    gives = {row.ours_id for row in rows if row.theirs in groups}
    Identity.objects.filter(pk=identity.pk).update(gives=sorted(gives))
    others = user.identities.filter(provider__is_enabled=True).exclude(pk=identity.pk)
    wanted = mapped & gives.union(*(each.gives or [] for each in others))
    held = set(user.groups.filter(pk__in=mapped).values_list("pk", flat=True))
    user.groups.add(*wanted - held)
    user.groups.remove(*held - wanted)
    return ["groups"] if held != wanted else []


def _open_settings(user: User, is_staff: bool) -> list[str]:
    if user.is_staff == is_staff:
        return []
    user.is_staff = is_staff
    user.save(update_fields=["is_staff"])
    return ["is_staff"]
