"""Who somebody from an identity provider is here, and with which roles.

Their `sub` decides, never a name or an e-mail address: both are the provider's to give away.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import SignInRefused
from integrations.models import AuditEvent, BrandedURL, Identity, IdentityProvider
from integrations.models.limited_administrator import limits_of
from integrations.operations import limits
from integrations.single_sign_on import doors, profile, roles
from integrations.single_sign_on.doors import Door


def admit(
    provider: IdentityProvider,
    claims: dict[str, Any],
    *,
    door: Door,
    links: User | None,
    now: datetime,
) -> User:
    """With the roles that the provider's groups are mapped to.

    Raises SignInRefused, or ProviderMisconfigured where it does not tell the groups.

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
    if not doors.still_leads_to(provider, door):
        raise SignInRefused("off")  # closed, or taken from the hostname, while they were there
    identity = _link(provider, claims, links, now) if links else _find(provider, claims, now)
    user = identity.user
    if not user.is_active:
        raise SignInRefused("inactive")
    brands = list(provider.branded_urls.defer("logo"))
    has_say = _has_say(user, brands, door)
    if identity.made_user:
        profile.update(user, claims)
        if brands:
            limits.limit(user, brands, now=now)
    if has_say and provider.groups_claim:
        roles.follow(identity, claims, may_open=identity.made_user and bool(brands), now=now)
    Identity.objects.filter(pk=identity.pk).update(signed_in_at=now)
    return User.objects.get(pk=user.pk)  # what was asked about their rights is forgotten


def _has_say(user: User, brands: list[BrandedURL], door: Door) -> bool:
    """Whether the provider gives and takes their roles. Raises SignInRefused.

    A brand's provider speaks for nobody who has power over other brands.
    """
    if not brands:
        return True  # the portal's own
    theirs = limits_of(user)
    is_theirs = theirs is not None and theirs.ids <= {each.pk for each in brands}
    is_mightier = user.is_superuser or (user.is_staff and not is_theirs)
    if user.is_superuser or (is_mightier and door.is_portal):
        raise SignInRefused("administrator")
    return not is_mightier


def _find(provider: IdentityProvider, claims: dict[str, Any], now: datetime) -> Identity:
    """The same person twice at once: whoever comes second finds the first."""
    known = Identity.objects.select_related("user").filter(provider=provider, subject=claims["sub"])
    if identity := known.first():
        return identity
    if not provider.makes_people:
        raise SignInRefused("unknown_person")
    try:
        with transaction.atomic():
            return _make(provider, claims, profile.free_username(claims), now)
    except IntegrityError:  # or only the name was taken, and perhaps the next one is, too
        return known.first() or _make(provider, claims, profile.random_username(claims), now)


def _make(
    provider: IdentityProvider, claims: dict[str, Any], username: str, now: datetime
) -> Identity:
    user = User(username=username)
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
    theirs = {"provider": provider, "subject": claims["sub"], "user": user}
    if known := Identity.objects.filter(**theirs).first():
        return known  # in another tab
    try:
        with transaction.atomic():
            identity = Identity.objects.create(**theirs, created_at=now)
    except IntegrityError:
        raise SignInRefused("linked_already") from None
    AuditEvent.objects.record(Action.IDENTITY_LINKED, user, by=user, reason=provider.name, now=now)
    return identity
