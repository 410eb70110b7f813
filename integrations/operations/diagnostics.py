"""What Cisco's support asks for, as text: states, times and tracking ids. No secret, ever."""

from datetime import datetime

from integrations.models import Grant
from integrations.plain_text import isolated


def as_text(grant: Grant, *, now: datetime) -> str:
    facts: list[tuple[str, object]] = [
        ("at", now),
        ("client_id", grant.app.client_id),
        ("person_id", grant.person_id),
        ("org_id", grant.org_id),
        ("status", grant.status),
        ("hostname", grant.hostname),
        ("right_lost_at", grant.right_lost_at),
        ("granted_at", grant.granted_at),
        ("refreshed_at", grant.refreshed_at),
        ("access_token_expires_at", grant.access_token_expires_at),
        ("refresh_token_expires_at", grant.refresh_token_expires_at),
        ("failing_since", grant.failing_since),
        ("failure_count", grant.failure_count),
        ("last_error", grant.last_error),
        ("last_tracking_id", grant.last_tracking_id),
        ("scope", grant.scope),
    ]
    facts += [
        ("event", f"{event.at:%Y-%m-%dT%H:%M:%SZ} {event.kind} {event.reason} {event.tracking_id}")
        for event in grant.events.order_by("-at", "-pk")[:10]
    ]
    return "\n".join(f"{name}: {_written(value)}" for name, value in facts)


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return isolated(value if value not in (None, "") else "-")
