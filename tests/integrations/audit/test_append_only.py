"""A row of the audit trail says who, what and when, and nobody changes it."""

from datetime import timedelta

import pytest
from django.db import transaction

from integrations import clock, tasks
from integrations.actions import Action
from integrations.errors import AppendOnly
from integrations.models import AuditEvent, Grant


def record(**facts):
    return AuditEvent.objects.record(Action.GRANT_LINKED, now=clock.now(), **facts)


def test_a_row_says_the_same_when_person_and_object_are_gone(alice, acme):
    grant = Grant.objects.create(user=alice, app=acme, hostname="portal-a.example.com")
    event, pk = record(of=grant, by=alice), alice.pk

    alice.delete()
    event.refresh_from_db()

    assert (event.actor_kind, event.actor_name, event.actor_id) == ("person", "alice", pk)
    assert (event.object_type, event.object_label) == ("grant", "alice · Acme")
    assert (event.subject_id, event.hostname) == (pk, "portal-a.example.com")


def test_without_a_person_it_was_the_system(alice):
    tasks.tidy.apply()

    event = record(of=alice)

    assert (event.actor_kind, event.actor_name, event.subject_id) == ("system", "tidy", alice.pk)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.save(),
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.update(reason="never mind"),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: AuditEvent.objects.bulk_update([event], ["reason"]),
        lambda event: AuditEvent.objects.create(action="x", at=event.at),
    ],
    ids=["save", "delete", "update", "delete many", "bulk_update", "create"],
)
def test_nobody_changes_what_was_recorded(db, change):
    event = record()

    with pytest.raises(AppendOnly), transaction.atomic():
        change(event)

    assert AuditEvent.objects.get().action == "grant.linked"


def test_what_did_not_happen_is_not_recorded(db):
    with transaction.atomic():
        record()
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_only_the_retention_time_ends_a_row(db):
    now = clock.now()
    for days in (1, 100, 300):
        AuditEvent.objects.record(Action.SIGNED_IN, now=now - timedelta(days=days))

    counts = [AuditEvent.objects.forget(before=now - timedelta(days=50), most=1) for _ in range(3)]

    assert counts == [1, 1, 0]
    assert AuditEvent.objects.get().at == now - timedelta(days=1)
