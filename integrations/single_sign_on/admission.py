"""Who somebody from an identity provider is here, and with which roles.

Their `sub` decides, never a name or an e-mail address: both are the provider's to give away.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import SignInRefused
from integrations.linking import entitlement
from integrations.models import AuditEvent, Identity, IdentityProvider
from integrations.single_sign_on import profile
from integrations.single_sign_on.doors import Door


def admit(
    provider: IdentityProvider,
    claims: dict[str, Any],
    *,
    door: Door,
    links: User | None,
    now: datetime,
) -> User:
    """With the roles that the provider's groups are mapped to. Raises SignInRefused.

    `links`: who is signed in, and gets this identity.
    """
    try:
        return _admit(provider, claims, door=door, links=links, now=now)
    except SignInRefused as error:
        reason = f"{provider.name}: {error.reason}, sub {claims['sub']}"
        refused = AuditEvent.Result.REFUSED
        AuditEvent.objects.record(
            Action.SIGN_IN_REFUSED, provider, result=refused, reason=reason, now=now
        )
        raise


@transaction.atomic
def _admit(
    provider: IdentityProvider,
    claims: dict[str, Any],
    *,
    door: Door,
    links: User | None,
    now: datetime,
) -> User:
    if not IdentityProvider.objects.filter(pk=provider.pk, is_enabled=True).exists():
        raise SignInRefused("off")  # switched off while they were there
    identity = _link(provider, claims, links, now) if links else _find(provider, claims, now)
    user = identity.user
    if not user.is_active:
        raise SignInRefused("inactive")
    is_limited = may_pass(user, provider, door)
    if identity.made_user:
        profile.update(user, claims)
    if is_limited:
        _map_roles(user, provider, claims, now)
    Identity.objects.filter(pk=identity.pk).update(signed_in_at=now)
    return User.objects.get(pk=user.pk)  # what was asked about their rights is forgotten


def may_pass(user: User, provider: IdentityProvider, door: Door) -> bool:
    """Whether the provider has a say in their roles, too. Raises SignInRefused.

    A brand's provider speaks for nobody who has power over other brands.
    """
    if not provider.branded_urls.exists():
        return True  # the portal's own
    if user.is_superuser or (user.is_staff and door.is_portal):
        raise SignInRefused("administrator")
    return not user.is_staff


def _find(provider: IdentityProvider, claims: dict[str, Any], now: datetime) -> Identity:
    """The same person twice at once: whoever comes second finds the first."""
    known = Identity.objects.select_related("user").filter(provider=provider, subject=claims["sub"])
    if identity := known.first():
        return identity
    if not provider.makes_people:
        raise SignInRefused("unknown_person")
    try:
        with transaction.atomic():
            return _make(provider, claims, now)
    except IntegrityError:
        return known.get()


def _make(provider: IdentityProvider, claims: dict[str, Any], now: datetime) -> Identity:
    user = User(username=profile.free_username(claims))
    user.set_unusable_password()
    profile.update(user, claims)
    user.save()
    AuditEvent.objects.record(Action.USER_ADDED, user, reason=provider.name, now=now)
    return Identity.objects.create(
        provider=provider, subject=claims["sub"], user=user, made_user=True, created_at=now
    )


def _link(
    provider: IdentityProvider, claims: dict[str, Any], user: User, now: datetime
) -> Identity:
    try:
        with transaction.atomic():
            identity = Identity.objects.create(
                provider=provider, subject=claims["sub"], user=user, created_at=now
            )
    except IntegrityError:
        raise SignInRefused("linked_already") from None
    AuditEvent.objects.record(Action.IDENTITY_LINKED, user, by=user, reason=provider.name, now=now)
    return identity


def _map_roles(
    user: User, provider: IdentityProvider, claims: dict[str, Any], now: datetime
) -> None:
    """Gives and takes roles that are mapped, and no others."""
    if not provider.groups_claim:
        return
    groups = provider.groups_in(claims)
    rows = list(provider.mapped_groups.values_list("theirs", "ours_id"))
    mapped = {ours for _theirs, ours in rows}
    wanted = {ours for theirs, ours in rows if theirs in groups}
    held = set(user.groups.filter(pk__in=mapped).values_list("pk", flat=True))
    if held == wanted:
        return
    user.groups.add(*wanted - held)
    user.groups.remove(*held - wanted)
    AuditEvent.objects.record(
        Action.USER_CHANGED, user, changed=["groups"], reason=provider.name, now=now
    )
    entitlement.note_changes(user=user, by=user, now=now)
