"""The loop that sends what waits in the outbox. Whoever is slow or away holds up nobody else.

Each endpoint has a few calls under way at once, and one while it fails. What a killed worker had
under way is sent again when its claims have run out, with the same webhook-id.
"""

import logging
import time
from collections import Counter
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from integrations import counting, signatures
from integrations.actions import Action
from integrations.clock import Ticking
from integrations.database import AWAY
from integrations.errors import UndecryptableValue
from integrations.models import AuditEvent, WebhookDelivery, WebhookEndpoint
from integrations.plain_text import one_line
from integrations.webhooks.sender import Attempt, Sender

logger = logging.getLogger(__name__)

WINDOW = 8  # calls to one endpoint under way at once, of one worker
LOOK = 0.25  # seconds until the outbox is looked at again, where nothing was due
Off = WebhookEndpoint.Off


def deliver(*, seconds: float) -> bool:
    """For so long. Whether the time was over before the work was."""
    ends = time.monotonic() + seconds
    try:
        with Sender[int]() as sender:
            loop = Loop(sender)
            try:
                while loop.goes_on() and time.monotonic() < ends:
                    loop.record_some()
                return time.monotonic() >= ends
            finally:
                loop.close()
    except AWAY as error:
        connection.close()
        logger.warning("The database is away, the next run sends: %s", type(error).__name__)
        return False


class Loop:
    def __init__(self, sender: Sender[int]) -> None:
        self._sender, self._ticking = sender, Ticking()
        self._sent: dict[int, WebhookDelivery] = {}
        self._looks_at = 0.0  # monotonic

    def goes_on(self, *, without: frozenset[int] = frozenset()) -> bool:
        """Sends what may be sent. False where nothing is under way and nothing is due."""
        found: list[int] = []
        if time.monotonic() >= self._looks_at:
            now = self._ticking.now()
            under_way = Counter(each.endpoint_id for each in self._sent.values())
            to = [each for each in _with_due(now) if each.pk not in without]
            found = [self._fill(each, under_way[each.pk], now) for each in to]
            self._looks_at = 0.0 if any(found) else time.monotonic() + LOOK
        return bool(self._sent) or any(found)

    def _fill(self, endpoint: WebhookEndpoint, under_way: int, now: datetime) -> int:
        """How many were due."""
        free = (1 if endpoint.failing_since else WINDOW) - under_way
        if free <= 0:
            return 0
        due = WebhookDelivery.objects.due(now).filter(endpoint=endpoint)
        due = due.exclude(pk__in=self._sent)  # where recording takes longer than a claim
        claimed = due.claim(most=free, now=now, seconds=WebhookDelivery.claim_seconds())
        for delivery in claimed:
            delivery.endpoint = endpoint
            self._send(delivery, now)
        return len(claimed)

    def _send(self, delivery: WebhookDelivery, now: datetime) -> None:
        endpoint = delivery.endpoint
        if not delivery.is_wanted_by(endpoint):  # left when its limits were just changing
            delivery.withdraw()
            return
        try:
            keys = endpoint.secrets(now)
        except UndecryptableValue:
            _switch_off(endpoint, Off.NO_SECRET, now=now)
            delivery.release()
            return
        headers = signatures.headers(delivery.event_id, delivery.body, keys, now=now)
        self._sender.add(delivery.pk, endpoint.url, headers, delivery.body)
        self._sent[delivery.pk] = delivery

    def record_some(self) -> None:
        if arrived := self._sender.wait(LOOK):
            self._looks_at, now = 0.0, self._ticking.now()  # the next of a grant may be due
            with transaction.atomic():
                answered = [(self._sent.pop(pk), attempt) for pk, attempt in arrived]
                # In one order, or two workers would wait for each other's endpoints.
                for delivery, attempt in sorted(answered, key=lambda each: each[0].endpoint_id):
                    record(delivery, attempt, now=now)

    def close(self) -> None:
        """An answer that came is not thrown away. Whoever is slow with it keeps nobody waiting."""
        late = self._sent.copy()
        while late := {pk: each for pk, each in late.items() if pk in self._sent}:
            self.goes_on(without=frozenset(each.endpoint_id for each in late.values()))
            self.record_some()
        while self._sent:
            self.record_some()


def _with_due(now: datetime) -> list[WebhookEndpoint]:
    due = WebhookDelivery.objects.due(now).order_by().filter(endpoint=OuterRef("pk"))
    return list(WebhookEndpoint.objects.listening(now).filter(Exists(due)).with_limits())


def record(delivery: WebhookDelivery, attempt: Attempt, *, now: datetime) -> None:
    """A status of 2xx says that it was taken, and nothing else does."""
    endpoint, facts = delivery.endpoint, _facts(attempt)
    if attempt.is_taken:
        delivery.mark_delivered(now, **facts)
        endpoint.note_success()
        counting.count("portal_webhook_deliveries", outcome="delivered")
        return
    counting.count("portal_webhook_deliveries", outcome="failed")
    wait = attempt.asked_to_wait(now)
    delivery.retry_later(now, wait=wait, **facts)
    endpoint.note_failure(now=now, wait=wait)
    ids = (endpoint.pk, delivery.event_id, attempt.status or attempt.trouble)
    logger.info("Webhook not delivered: endpoint=%s event=%s %s", *ids)
    if attempt.is_gone:
        _switch_off(endpoint, Off.GONE, now=now)
    elif endpoint.has_failed_long(now):
        _switch_off(endpoint, Off.FAILING, now=now)
    elif not endpoint.deliveries.waiting().exists():
        endpoint.forget_failures()


def _facts(attempt: Attempt) -> dict[str, object]:
    return {
        "response_code": attempt.status,
        "trouble": attempt.trouble,
        "duration_ms": round(attempt.seconds * 1000),
    }


def _switch_off(endpoint: WebhookEndpoint, why: Off, *, now: datetime) -> None:
    with transaction.atomic():
        if not endpoint.switch_off(why, now=now):
            return
        reason = why.lower()
        AuditEvent.objects.record(Action.WEBHOOK_SWITCHED_OFF, endpoint, reason=reason, now=now)
    facts = (endpoint.pk, one_line(endpoint.name), reason)
    logger.error("Webhook switched off: endpoint=%s “%s” reason=%s; see “manage.py status”", *facts)
