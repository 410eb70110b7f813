"""How an event becomes the body of a webhook, and leaves a row for each endpoint that wants it.

The audit trail calls it, so no verb that is on record there can forget it. No body has a token, a
secret or an e-mail address in it; integrations/webhooks/README.md shows each.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count

from integrations import events
from integrations.actions import Action
from integrations.events import EventType
from integrations.models.bulk_job import BulkJob
from integrations.models.grant import Grant
from integrations.models.webex_app import WebexApp
from integrations.models.webhook_delivery import RETRIED_FOR, WebhookDelivery
from integrations.models.webhook_endpoint import WebhookEndpoint


@dataclass(frozen=True)
class Event:
    type: EventType
    order_key: str  # what must not overtake each other
    data: Mapping[str, Any]
    app_id: int | None = None
    hostname: str | None = None
    id: str = field(default_factory=lambda: _event_id())

    def body(self, now: datetime) -> str:
        facts = {"type": self.type, "timestamp": now.isoformat(), "data": self.data}
        return json.dumps(facts, ensure_ascii=False)


def announce_recorded(
    action: Action, objects: Iterable[Any], *, reason: str, now: datetime
) -> None:
    """What the audit trail has just been told of, where it is an event for others."""
    if action not in events.ANNOUNCED:
        return
    event_type, code = events.ANNOUNCED[action]
    code = events.NOTED.get(reason, code)
    known = [of for of in objects if isinstance(of, Grant | WebexApp | BulkJob)]
    if listeners := _listeners(event_type):
        _tell(listeners, (_event(event_type, of, code) for of in known), now)


def announce_subscriber(
    grant: Grant, facts: Mapping[str, Any], *, is_ready: bool, hostname: str | None,
    seen_as: object = None, now: datetime,
) -> None:  # fmt: skip
    """That Webex has set it up, or has not. `seen_as`: who saw the same, too, says so only once."""
    event_type = EventType.SUBSCRIBER_PROVISIONED if is_ready else EventType.SUBSCRIBER_FAILED
    reason = events.reason("provisioned" if is_ready else "rejected")
    data = {**facts, **_whose(grant, hostname), "reason": reason}
    key = f"{grant.app_id} {facts['subscriber_id'] or facts['broadworks_user_id']}"
    event_id = _event_id(f"{key} {event_type} {seen_as}" if seen_as else "")
    order_key = f"subscriber {sha256(key.encode()).hexdigest()}"
    event = Event(event_type, order_key, data, grant.app_id, hostname, event_id)
    _tell(_listeners(event_type), [event], now)


def by_hand() -> Event:
    event_id, data = _event_id(), {"reason": events.reason("test")}
    return Event(EventType.TEST, event_id, data, id=event_id)


def _tell(listeners: list[WebhookEndpoint], found: Iterable[Event], now: datetime) -> None:
    wanted = [(each, event) for event in found for each in listeners if _wants(each, event)]
    leave(wanted, now=now)


def _listeners(event_type: EventType) -> list[WebhookEndpoint]:
    enabled = WebhookEndpoint.objects.filter(is_enabled=True)
    return [each for each in enabled.with_limits() if event_type in each.events]


def _wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    return endpoint.wants(event.type, app_id=event.app_id, hostname=event.hostname)


def leave(addressed: list[tuple[WebhookEndpoint, Event]], *, now: datetime) -> None:
    rows = [
        WebhookDelivery(
            endpoint=endpoint,
            event_id=event.id,
            event_type=event.type,
            order_key=event.order_key,
            body=event.body(now),
            hostname=event.hostname,
            created_at=now,
            next_attempt_at=now,
            give_up_at=now + RETRIED_FOR,
        )
        for endpoint, event in addressed
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def _event_id(of: str = "") -> str:
    """Equal for what is equal, if that is said."""
    return f"evt_{sha256(of.encode()).hexdigest()[:32] if of else uuid.uuid4().hex}"


def _event(event_type: EventType, of: Grant | WebexApp | BulkJob, code: str) -> Event:
    reason = {"reason": events.reason(code)}
    data: dict[str, Any]
    if isinstance(of, WebexApp):
        data = {"integration": _integration(of), **reason}
        return Event(event_type, f"integration {of.pk}", data, of.pk)
    if isinstance(of, Grant):
        data = {"grant_id": of.pk, **_whose(of, of.hostname), **reason}
        return Event(event_type, f"grant {of.pk}", data, of.app_id, of.hostname)
    lines = dict(of.rows.order_by().values_list("status").annotate(Count("pk")))
    counts = {status.lower(): number for status, number in sorted(lines.items())}
    data = {"bulk_job_id": str(of.pk), **_whose(of.grant, of.hostname), "lines": counts, **reason}
    return Event(event_type, f"bulk job {of.pk}", data, of.grant.app_id, of.hostname)


def _whose(grant: Grant, hostname: str | None) -> dict[str, Any]:
    return {
        "user_id": grant.user_id,
        "user_name": grant.user.get_username(),
        "hostname": hostname,
        "integration": _integration(grant.app),
    }


def _integration(app: WebexApp) -> dict[str, Any]:
    return {"id": app.pk, "name": app.name}
