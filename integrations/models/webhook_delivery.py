"""The outbox: an event on its way to one endpoint, written in the transaction of the event.

At least once, and in order for each key: a later event of a grant waits for the earlier one.
"""

import json
import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from integrations.events import EventType
from integrations.models.claim import Claimable, ClaimableQuerySet
from integrations.models.webhook_endpoint import WebhookEndpoint

RETRIED_FOR = timedelta(days=3)
FIRST_RETRY, LAST_RETRY = timedelta(seconds=10), timedelta(hours=4)


class WebhookDeliveryQuerySet(ClaimableQuerySet["WebhookDelivery"]):
    def waiting(self) -> "WebhookDeliveryQuerySet":
        return self.filter(state=WebhookDelivery.State.WAITING)

    def due(self, now: datetime) -> "WebhookDeliveryQuerySet":
        """The longest due first, and of each key nothing but the oldest."""
        earlier = WebhookDelivery.objects.waiting().filter(
            endpoint=OuterRef("endpoint"), order_key=OuterRef("order_key"), pk__lt=OuterRef("pk")
        )
        # Nothing waits for so long: the clock was ahead when it was written.
        is_due = Q(next_attempt_at__lte=now) | Q(next_attempt_at__gt=now + 2 * LAST_RETRY)
        due = self.waiting().filter(is_due, ~Exists(earlier))
        return due.unclaimed(now).order_by("next_attempt_at", "pk")


class WebhookDelivery(Claimable):
    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting, or trying again")
        DELIVERED = "DELIVERED", _("delivered")
        GIVEN_UP = "GIVEN_UP", _("not delivered")

    class Trouble(models.TextChoices):
        """Where no status came."""

        NOT_PUBLIC = "NOT_PUBLIC", _("not an address of the Internet")
        NO_NAME = "NO_NAME", _("the name is not found")
        NO_CONNECTION = "NO_CONNECTION", _("no connection")
        NO_TLS = "NO_TLS", _("no TLS, or no valid certificate")
        TIMED_OUT = "TIMED_OUT", _("timed out")
        NO_ANSWER = "NO_ANSWER", _("no answer")

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("webhook"),
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # deliveries_of_a_webhook_newest serves it
    )
    event_id = models.CharField(_("webhook-id"), max_length=40)  # the same for each endpoint
    event_type = models.CharField(_("event"), max_length=50)
    order_key = models.CharField(max_length=100, editable=False)
    body = models.TextField(_("body"))  # as it is signed and sent, to the letter
    hostname = models.CharField(max_length=253, null=True, editable=False)  # as it is called now
    created_at = models.DateTimeField(_("created"))
    state = models.CharField(_("status"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    give_up_at = models.DateTimeField(null=True, editable=False)
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True)
    response_code = models.PositiveSmallIntegerField(_("response code"), null=True)
    trouble = models.CharField(_("trouble"), max_length=20, choices=Trouble, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration"), null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = ("view",)
        permissions = [("resend_webhookdelivery", gettext_noop("Can send webhook events again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="a_webhook_gets_an_event_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"],
                name="due_deliveries_of_a_webhook",
                condition=Q(state="WAITING"),
            ),
            models.Index(
                fields=["endpoint", "order_key", "id"],
                name="waiting_deliveries_in_order",
                condition=Q(state="WAITING"),
            ),
            models.Index(
                fields=["-id"],
                name="deliveries_given_up",
                condition=Q(state="GIVEN_UP"),
            ),
            models.Index(fields=["endpoint", "-id"], name="deliveries_of_a_webhook_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    @property
    def audit_label(self) -> str:
        return f"{self.endpoint.name} · {self.event_type}"

    def is_wanted_by(self, endpoint: WebhookEndpoint) -> bool:
        """Its own, as that is now. A test is of nothing that anybody may not know."""
        if self.event_type == EventType.TEST:
            return True
        data = json.loads(self.body)["data"]
        app_id, hostname = data.get("integration", {}).get("id"), data.get("hostname")
        return endpoint.wants(self.event_type, app_id=app_id, hostname=self.hostname or hostname)

    @staticmethod
    def claim_seconds() -> float:
        """Outlives the call by far: whoever made it also waits for the database."""
        return float(3 * settings.WEBHOOK_TIMEOUT)

    def mark_delivered(self, now: datetime, **attempt: Any) -> bool:
        return self._write(now, state=self.State.DELIVERED, next_attempt_at=None, **attempt)

    def mark_given_up(self, now: datetime, **attempt: Any) -> bool:
        return self._write(now, state=self.State.GIVEN_UP, next_attempt_at=None, **attempt)

    def retry_later(self, now: datetime, *, wait: timedelta, **attempt: Any) -> bool:
        """Or given up, after three days."""
        if self.give_up_at is None or now >= self.give_up_at:
            return self.mark_given_up(now, **attempt)
        pause = min(FIRST_RETRY * 2 ** min(self.attempts, 20), LAST_RETRY)
        pause = max(pause * random.uniform(0.9, 1.1), wait)
        return self._write(now, next_attempt_at=now + pause, **attempt)

    def release(self, **columns: Any) -> None:
        """Claimed, and not sent."""
        self._ours().update(claimed_by=None, claimed_until=None, **columns)

    def withdraw(self) -> None:
        """Claimed, and nobody may know it any more."""
        self.release(state=self.State.GIVEN_UP, next_attempt_at=None)

    def _write(self, now: datetime, **columns: Any) -> bool:
        """Ends the claim. False where it ran out and somebody else has the row."""
        columns |= {"claimed_by": None, "claimed_until": None, "last_attempt_at": now}
        return self._ours().update(attempts=self.attempts + 1, **columns) == 1

    def _ours(self) -> WebhookDeliveryQuerySet:
        return WebhookDelivery.objects.filter(pk=self.pk, claimed_by=self.claimed_by)
