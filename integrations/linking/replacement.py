"""Another Webex person consented than the linked one: "replace A by B?". The user decides."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import User
from integrations.errors import UndecryptableValue
from integrations.linking import disconnection
from integrations.models import (
    AuthorizationRequest,
    BrandedURL,
    DeviceAuthorization,
    Grant,
    GrantEvent,
)
from integrations.tokens import Person

Kind = type[AuthorizationRequest] | type[DeviceAuthorization]  # the two ways to consent


@dataclass(frozen=True)
class Choice:
    """Replace the account that is linked by the one that just consented?"""

    present: Person
    proposed: Person


def choice(
    kind: Kind, *, id: int | UUID, user: User, brand: BrandedURL | None, now: datetime
) -> Choice:
    """Raises ObjectDoesNotExist where there is nothing (left) to decide."""
    pending = _undecided(kind, id, user, brand, now)
    present = Grant.objects.get(user=user, app=pending.app).person
    return Choice(present, pending.load_pending_tokens()[1])


def decide(
    kind: Kind,
    *,
    id: int | UUID,
    replace: bool,
    user: User,
    brand: BrandedURL | None,
    now: datetime,
) -> str:
    """Replaces the linked Webex account, or ends the new consent. Returns the next path.

    Raises ObjectDoesNotExist like `choice`.
    """
    with transaction.atomic():
        pending = _undecided(kind, id, user, brand, now, lock=True)
        _replace(pending, user, now) if replace else _keep(pending, user, now)
        pending.record_decision(replaced=replace)
    return pending.next_path


def _undecided(
    kind: Kind,
    id: int | UUID,
    user: User,
    brand: BrandedURL | None,
    now: datetime,
    *,
    lock: bool = False,
) -> AuthorizationRequest | DeviceAuthorization:
    waiting = kind.objects.undecided(user, now).select_related("app")
    if lock:
        waiting = waiting.select_for_update(of=("self",))
    app = brand.app if brand else None
    still_ours = waiting.filter(app=app, app__is_enabled=True, app__client_id=F("client_id"))
    return still_ours.get(pk=id)  # type: ignore[misc]  # int or UUID


def _replace(
    pending: AuthorizationRequest | DeviceAuthorization, user: User, now: datetime
) -> None:
    tokens, person = pending.load_pending_tokens()
    grant, _ = Grant.objects.get_or_create(user=user, app=pending.app)
    reason = f"{grant.person_email} → {person.email}"[:200]
    grant.store(tokens, now=now, person=person, hostname=pending.hostname)
    GrantEvent.objects.record(GrantEvent.Kind.REPLACED, grant, by=user, reason=reason, now=now)


def _keep(pending: AuthorizationRequest | DeviceAuthorization, user: User, now: datetime) -> None:
    kept = Grant.objects.not_disconnected().filter(user=user, app=pending.app)
    GrantEvent.objects.record_each(GrantEvent.Kind.KEPT, kept, by=user, now=now)
    with suppress(UndecryptableValue):  # then nothing is left to revoke it with
        disconnection.discard_later(*pending.load_pending_tokens(), pending.app)
