"""The audit trail for who reads it: found, as a file, and for as long as it is kept."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from integrations import spreadsheet
from integrations.actions import Action
from integrations.models import AuditEvent
from integrations.models.audit_event import AuditEventQuerySet

AT_ONCE = 1_000  # rows in memory
FORGOTTEN_AT_ONCE, FORGOTTEN_IN_A_RUN = 2_000, 50_000
MOST_USERS = 100  # whose names begin with what was searched for


def search(events: AuditEventQuerySet, term: str) -> AuditEventQuerySet:
    """Person, object, request or tracking ID: each by its start or whole, through an index."""
    names = Q(username__startswith=term) | Q(username__startswith=term.lower())
    users = list(User.objects.filter(names).values_list("pk", flat=True)[:MOST_USERS])
    person = Q(actor_id__in=users) | Q(subject_id__in=users) | Q(actor_name=term)
    ids = Q(request_id=term) | (Q(tracking_id=term) & ~Q(tracking_id=""))
    return events.filter(person | ids | Q(object_label__startswith=term))


def export(found: AuditEventQuerySet, kind: str, *, asked: str, now: datetime) -> Iterator[str]:
    """Its lines, as they are read. That it was made, and what was `asked` for, is on record."""
    write = FORMATS[kind]
    AuditEvent.objects.record(Action.EXPORT_MADE, reason=f"audit.{kind} {asked}".strip(), now=now)
    return write(_newest_first(found))


def _newest_first(found: AuditEventQuerySet) -> Iterator[AuditEvent]:
    """From row to row by their keys: no cursor stays open while a browser is slow."""
    page = list(found.newest_first()[:AT_ONCE])
    while page:
        yield from page
        last = page[-1]
        older = Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk)
        page = list(found.filter(older).newest_first()[:AT_ONCE])


def _csv(events: Iterator[AuditEvent]) -> Iterator[str]:
    def rows() -> Iterator[list[object]]:
        yield list(AuditEvent.FACTS)
        for event in events:
            yield list((event.facts() | {"changed": " ".join(event.changed)}).values())

    return spreadsheet.lines(rows())


def _json_lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    return (json.dumps(event.facts()) + "\n" for event in events)


FORMATS: dict[str, Callable[[Iterator[AuditEvent]], Iterator[str]]] = {
    "csv": _csv,
    "jsonl": _json_lines,
}


def forget_old(*, now: datetime) -> int:
    """In small steps, so that nobody waits for a long one; the next run goes on. How many."""
    before, forgotten = now - timedelta(days=settings.AUDIT_DAYS), 0
    while forgotten < FORGOTTEN_IN_A_RUN:
        step = AuditEvent.objects.forget(before=before, most=FORGOTTEN_AT_ONCE)
        forgotten += step
        if step < FORGOTTEN_AT_ONCE:
            break
    return forgotten
