"""Who administers some hostnames only: set and taken away, always on record."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import CannotBeLimited
from integrations.models import AuditEvent, BrandedURL, IdentityProvider, LimitedAdministrator
from integrations.operations import webhooks


def limit(user: User, brands: Collection[BrandedURL], *, now: datetime) -> None:
    """To these and no others; to none at all where there are none. Raises CannotBeLimited."""
    with transaction.atomic():
        if User.objects.select_for_update().get(pk=user.pk).is_superuser:
            raise CannotBeLimited
        row, is_new = LimitedAdministrator.objects.get_or_create(user=user)
        before = set() if is_new else {each.pk for each in row.hostnames.all()}
        row.hostnames.set(brands)
        if is_new or before != {each.pk for each in brands}:
            names = ", ".join(sorted(each.hostname for each in brands)) or "–"
            webhooks.withdraw(user)
            AuditEvent.objects.record(
                Action.USER_LIMITED, user, changed=["hostnames"], reason=names, now=now
            )
    user.refresh_from_db(fields=["limited_administrator"])


def take_from_people_of(provider: IdentityProvider, brand: BrandedURL, *, now: datetime) -> None:
    """Whom it made administers what it serves, and it does not serve this hostname any more."""
    theirs = LimitedAdministrator.objects.filter(
        user__identities__provider=provider, user__identities__made_user=True, hostnames=brand
    )
    for row in theirs.select_related("user"):
        limit(row.user, list(row.hostnames.exclude(pk=brand.pk).defer("logo")), now=now)


def remove_limit(user: User, *, now: datetime) -> None:
    """The webhooks that they set up hear no more than before, whatever becomes of them now."""
    with transaction.atomic():
        webhooks.keep_reach(user, now=now)
        if LimitedAdministrator.objects.filter(user=user).delete()[0]:
            AuditEvent.objects.record(Action.USER_UNLIMITED, user, now=now)
    user.refresh_from_db(fields=["limited_administrator"])
