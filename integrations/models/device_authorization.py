"""A device login under way (RFC 8628): from the QR code to the answer of the token endpoint."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.clock import LEEWAY
from integrations.errors import TooManyStarts
from integrations.fields import EncryptedTextField
from integrations.models.branded_url import BrandedURL
from integrations.models.claim import Claimable, ClaimableQuerySet
from integrations.models.pending_consent import PendingConsent
from integrations.models.webex_app import WebexApp

if TYPE_CHECKING:
    from accounts.models import User

STARTS_PER_USER = 10
STARTS_WINDOW = timedelta(minutes=10)
LIVE_PER_APP = 300  # one worker keeps the pace of so many (tests/benchmarks/device_polling.py)
STARTING_TIME = timedelta(minutes=1)
DECISION_TIME = timedelta(minutes=10)
KEPT = timedelta(days=7)
SLOWER = 5  # seconds, RFC 8628 section 3.5
LAST_MOMENT = timedelta(seconds=0.4)
UNATTENDED_INTERVALS = 3


class DeviceAuthorizationQuerySet(ClaimableQuerySet["DeviceAuthorization"]):
    def live(self) -> "DeviceAuthorizationQuerySet":
        status = DeviceAuthorization.Status
        return self.filter(status__in=[status.STARTING, status.PENDING])

    def pending(self) -> "DeviceAuthorizationQuerySet":
        return self.filter(status=DeviceAuthorization.Status.PENDING)

    def due(self, now: datetime) -> "DeviceAuthorizationQuerySet":
        due = self.pending().filter(next_poll_at__lte=now, expires_at__gt=now)
        return due.filter(app__is_enabled=True, app__device_linking_enabled=True).order_by(
            "next_poll_at"
        )

    def undecided(self, user: "User", now: datetime) -> "DeviceAuthorizationQuerySet":
        waiting = self.filter(user=user, status=DeviceAuthorization.Status.UNDECIDED)
        return waiting.filter(expires_at__gt=now, pending_tokens__isnull=False)

    def reserve(
        self, *, user: "User", brand: BrandedURL, session_key: str, now: datetime
    ) -> "DeviceAuthorization":
        """Ends what this user started before. Raises TooManyStarts."""
        app = brand.app
        assert app is not None
        recent = self.filter(
            user=user, created_at__gt=now - STARTS_WINDOW, created_at__lte=now + LEEWAY
        )
        starts = list(recent.order_by("-created_at").values_list("created_at", flat=True))
        if len(starts) >= STARTS_PER_USER:
            raise TooManyStarts(starts[STARTS_PER_USER - 1] + STARTS_WINDOW - now)
        others = self.live().filter(app=app, expires_at__gt=now).exclude(user=user)
        if others.count() >= LIVE_PER_APP:
            raise TooManyStarts(STARTING_TIME)
        self.filter(user=user).end(DeviceAuthorization.Status.CANCELLED)
        return self.create(  # type: ignore[misc]  # the plugin knows attnames only
            user=user,
            app=app,
            client_id=app.client_id,
            client_secret_fingerprint=app.client_secret_fingerprint,
            hostname=brand.hostname,
            session_key=session_key,
            created_at=now,
            expires_at=now + STARTING_TIME,
        )

    def end(self, status: str) -> int:
        """Ends those of these rows that have not ended yet."""
        statuses = DeviceAuthorization.Status
        open_ones = [statuses.STARTING, statuses.PENDING, statuses.UNDECIDED]
        return self.filter(status__in=open_ones).update(status=status, **WIPED)

    def end_unattended(self, now: datetime) -> None:
        """What nobody waits for any more."""
        status = DeviceAuthorization.Status
        self.unclaimed(now).filter(expires_at__lte=now).end(status.EXPIRED)
        is_off = Q(app__is_enabled=False) | Q(app__device_linking_enabled=False)
        self.live().filter(is_off | Q(user__is_active=False)).end(status.CANCELLED)

    def forgettable(self, now: datetime) -> "DeviceAuthorizationQuerySet":
        return self.filter(created_at__lt=now - KEPT)


class DeviceAuthorization(Claimable, PendingConsent):
    class Status(models.TextChoices):
        STARTING = "STARTING", _("Starting")
        PENDING = "PENDING", _("Waiting for the user")
        UNDECIDED = "UNDECIDED", _("Another account: replace it?")
        LINKED = "LINKED", _("Linked")
        DENIED = "DENIED", _("Declined")
        EXPIRED = "EXPIRED", _("Expired")
        CANCELLED = "CANCELLED", _("Cancelled")
        FAILED = "FAILED", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="device_authorizations"
    )
    app = models.ForeignKey(
        WebexApp, on_delete=models.CASCADE, related_name="device_authorizations"
    )
    client_id = models.CharField(max_length=200)
    session_key = EncryptedTextField(null=True)  # of the sign-in it belongs to
    device_code = EncryptedTextField(null=True)
    user_code = models.CharField(max_length=50, blank=True)
    verification_uri = models.CharField(max_length=500, blank=True)
    verification_uri_complete = models.CharField(max_length=500, blank=True)
    interval = models.PositiveIntegerField(default=5)  # seconds
    status = models.CharField(max_length=20, choices=Status, default=Status.STARTING)
    reason = models.CharField(max_length=200, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_poll_at = models.DateTimeField(null=True)
    next_path = ""  # remembers no page to go back to

    objects = DeviceAuthorizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("device authorization")
        verbose_name_plural = _("device authorizations")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status__in=["STARTING", "PENDING"]),
                name="a_user_has_one_live_device_authorization",
            ),
            models.CheckConstraint(
                name="a_device_code_lives_while_it_is_pending",
                condition=Q(status="PENDING", device_code__isnull=False)
                | (~Q(status="PENDING") & Q(device_code__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_poll_at"],
                name="due_device_authorizations",
                condition=Q(status="PENDING"),
            ),
            models.Index(fields=["user", "-created_at"], name="devices_of_a_user_newest"),
            models.Index(fields=["created_at"], name="devices_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"device authorization {self.pk}"

    @staticmethod
    def claim_seconds() -> float:
        """Outlives the poll and the two calls that follow an acceptance."""
        return float(2 * settings.WEBEX_TIMEOUT + 5)

    def is_unattended(self, now: datetime) -> bool:
        """No worker has asked for three intervals: one passed before `next_poll_at`."""
        if self.status != self.Status.PENDING or self.next_poll_at is None:
            return False
        overdue = timedelta(seconds=self.interval * (UNATTENDED_INTERVALS - 1))
        return now > self.next_poll_at + overdue

    def offer(self, *, now: datetime, interval: int, **columns: Any) -> bool:
        """Shows what Webex answered. False where it was cancelled meanwhile."""
        row = DeviceAuthorization.objects.filter(pk=self.pk, status=self.Status.STARTING)
        first = now + timedelta(seconds=interval)
        columns |= {"interval": interval, "next_poll_at": first, "status": self.Status.PENDING}
        return row.update(**columns) == 1

    def wait(
        self, *, now: datetime, slower: bool = False, at_least: timedelta = timedelta(0)
    ) -> bool:
        """Ends the claim until the next poll. False where the claim was lost."""
        interval = self.interval + (SLOWER if slower else 0)
        until = self._next_poll(now, max(timedelta(seconds=interval), at_least))
        return self._write(next_poll_at=until, interval=interval)

    def _next_poll(self, now: datetime, pause: timedelta) -> datetime:
        """The last poll comes as late as it can, for those who accept at the last moment."""
        following, last = now + pause, self.expires_at - LAST_MOMENT
        return last if following < last < following + pause else following

    def finish(self, status: str, *, reason: str = "", tracking_id: str = "") -> bool:
        """False where it was cancelled or deleted meanwhile, or the claim was lost."""
        facts = {"status": status, "reason": reason[:200], "tracking_id": tracking_id}
        return self._write(**WIPED, **facts)

    def is_accepted(self) -> bool:
        """As the database has it now."""
        decided = [self.Status.LINKED, self.Status.UNDECIDED]
        return DeviceAuthorization.objects.filter(pk=self.pk, status__in=decided).exists()

    def await_decision(self, *, now: datetime) -> None:
        self.status, self.expires_at = self.Status.UNDECIDED, now + DECISION_TIME
        self.save(update_fields=["status", "expires_at"])

    def record_decision(self, *, replaced: bool) -> None:
        row = DeviceAuthorization.objects.filter(pk=self.pk)
        row.end(self.Status.LINKED if replaced else self.Status.CANCELLED)

    def _write(self, **columns: Any) -> bool:
        columns = {"claimed_by": None, "claimed_until": None} | columns
        ours = DeviceAuthorization.objects.filter(pk=self.pk, claimed_by=self.claimed_by).live()
        return ours.update(**columns) == 1


WIPED: dict[str, Any] = {
    "device_code": None,
    "session_key": None,
    "user_code": "",
    "verification_uri": "",
    "verification_uri_complete": "",
    "pending_tokens": None,
    "claimed_by": None,
    "claimed_until": None,
}
