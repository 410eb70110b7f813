"""The device authorization grant (RFC 8628) as its user sees it: start, watch, cancel.

`device_polling` asks Webex meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from accounts.models import User
from integrations.errors import NotReady, WebexError
from integrations.models import BrandedURL, DeviceAuthorization, WebexApp
from integrations.webex import device
from integrations.webex.http import Deadline

START_SECONDS = 8.0
# The page asks soon after a worker has asked Webex, so that it is not late by another interval.
AFTER_POLL, SOONEST, LATEST = 0.3, 0.3, 2.0  # seconds


class State(StrEnum):
    WAITING = "waiting"
    BUSY = "busy"  # no worker asks Webex
    UNDECIDED = "undecided"
    LINKED = "linked"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    authorization: DeviceAuthorization
    state: State
    seconds_left: int
    ask_again_in: float  # seconds

    @property
    def is_over(self) -> bool:
        return self.state not in (State.WAITING, State.BUSY)


def start(*, user: User, brand: BrandedURL | None, session_key: str, now: datetime) -> UUID:
    """The id under which to watch it; what this user started before is over.

    Raises NotReady, TooManyStarts, or what Webex made of it (WebexError).
    """
    brand, app = _offered(brand)
    with transaction.atomic():
        # Two starts at once count each other, so that no limit is passed between them.
        list(User.objects.select_for_update(no_key=True).filter(pk=user.pk))
        list(WebexApp.objects.select_for_update(no_key=True).filter(pk=app.pk))
        authorization = DeviceAuthorization.objects.reserve(
            user=user, brand=brand, session_key=session_key, now=now
        )
    try:
        code = device.authorize(
            app.client_id, app.scopes, sent_at=now, deadline=Deadline(START_SECONDS)
        )
    except WebexError as error:
        authorization.finish(
            DeviceAuthorization.Status.FAILED, reason=error.reason, tracking_id=error.tracking_id
        )
        raise
    authorization.offer(now=now, **vars(code))
    return authorization.pk


def _offered(brand: BrandedURL | None) -> tuple[BrandedURL, WebexApp]:
    app = brand.app if brand else None
    if brand is None or app is None or not app.is_enabled or not app.device_linking_enabled:
        raise NotReady
    if app.pasted is None:
        raise NotReady
    return brand, app


def progress(*, id: UUID, user: User, brand: BrandedURL | None, now: datetime) -> Progress:
    """Raises DeviceAuthorization.DoesNotExist where it is not this user's."""
    authorization = _mine(id, user, brand)
    return Progress(
        authorization=authorization,
        state=_state(authorization, now),
        seconds_left=max(int((authorization.expires_at - now).total_seconds()), 0),
        ask_again_in=_ask_again_in(authorization, now),
    )


def _mine(id: UUID, user: User, brand: BrandedURL | None) -> DeviceAuthorization:
    mine = DeviceAuthorization.objects.select_related("app")
    return mine.get(pk=id, user=user, app=brand.app if brand else None)


def _state(authorization: DeviceAuthorization, now: datetime) -> State:
    status = DeviceAuthorization.Status(authorization.status)
    if status not in (status.STARTING, status.PENDING, status.UNDECIDED):
        return State(status.value.lower())
    if authorization.expires_at <= now:
        return State.EXPIRED
    if status is status.UNDECIDED:
        return State.UNDECIDED
    return State.BUSY if authorization.is_unattended(now) else State.WAITING


def _ask_again_in(authorization: DeviceAuthorization, now: datetime) -> float:
    if authorization.next_poll_at is None:
        return SOONEST
    until_poll = (authorization.next_poll_at - now).total_seconds()
    return round(min(max(until_poll + AFTER_POLL, SOONEST), LATEST), 2)


def cancel(*, id: UUID, user: User, brand: BrandedURL | None) -> None:
    """Raises DeviceAuthorization.DoesNotExist where it is not this user's."""
    authorization = _mine(id, user, brand)
    rows = DeviceAuthorization.objects.filter(pk=authorization.pk)
    rows.end(DeviceAuthorization.Status.CANCELLED)
