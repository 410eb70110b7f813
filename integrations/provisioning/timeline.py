"""What happened to a subscriber, and what Cisco's support asks for."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from integrations.models import AuditEvent, WatchedSubscriber
from integrations.provisioning import fields, recording, words
from integrations.provisioning.caller import Caller
from integrations.webex.broadworks import Subscriber

NEWEST = 20


@dataclass(frozen=True)
class Entry:
    at: datetime
    text: str
    by: str = ""
    detail: str = ""
    tracking_id: str = ""
    action: str = ""  # as it is on record; empty: Webex says it


def of(caller: Caller, subscriber: Subscriber, hostname: str) -> list[Entry]:
    """Newest first. Of what was done here, only what was done at this hostname."""
    entries = [_done(event) for event in _events(caller, subscriber, hostname)]
    if subscriber.created_at:
        entries.append(Entry(subscriber.created_at, _("Created at Webex")))
    if subscriber.changed_at:
        state = str(words.STATES.get(subscriber.status, (subscriber.status,))[0])
        entries.append(Entry(subscriber.changed_at, _("At Webex: %(state)s") % {"state": state}))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def for_cisco(subscriber: Subscriber, entries: list[Entry], org_id: str) -> str:
    """Ids, codes, moments and tracking ids; no name, no number, no address, no token.

    Nor Webex's own sentences: what somebody typed may stand in them, and Cisco has the code.
    """
    lines = [
        f"organization {org_id}",
        f"subscriber {subscriber.id}",
        f"person {subscriber.person_id or '-'}",
        f"enterprise {subscriber.enterprise_id}",
        f"status {subscriber.status} {_moment(subscriber.changed_at)}",
        *(f"error {each.code or '-'}" for each in subscriber.problems),
        *(
            f"{_moment(entry.at)} {entry.action} {entry.tracking_id}"
            for entry in entries
            if entry.tracking_id
        ),
    ]
    if subscriber.tracking_id:
        lines.append(f"this answer {subscriber.tracking_id}")
    return "\n".join(lines)


def _events(caller: Caller, subscriber: Subscriber, hostname: str) -> list[AuditEvent]:
    key = WatchedSubscriber.key_of(caller.grant.app_id, subscriber.id)
    ours = AuditEvent.objects.filter(object_type="watchedsubscriber", object_id=key)
    return list(ours.filter(hostname=hostname).order_by("-at", "-pk")[:NEWEST])


def _done(event: AuditEvent) -> Entry:
    known = fields.BY_NAME
    detail = ", ".join(str(known[name].label) if name in known else name for name in event.changed)
    if event.result != "done":
        why = recording.answer_in_words(event.reason) or _("Webex did not answer properly.")
        detail = f"{event.get_result_display()}: {why}"
    return Entry(
        event.at, event.in_words, event.actor_name, detail, event.tracking_id, event.action
    )


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="milliseconds") if at else "-"
