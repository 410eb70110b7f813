"""What the pictures of the start page are drawn from."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.actions import Action
from integrations.admin import chart
from integrations.models import AppIncident, AuditEvent, RenewalMinute
from integrations.operations import activity

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0)


def renewed(slots: list[activity.Slot]) -> dict[int, int]:
    return {number: slot.renewed for number, slot in enumerate(slots) if slot.renewed}


def test_nothing_happened_is_nothing_to_draw():
    lately = activity.lately(now=NOON)

    assert not lately.is_any
    assert (len(lately.hours), len(lately.days), lately.incidents) == (24, 30, [])
    assert [column.up for column in chart.columns_of(lately.hours)] == [0] * 24


def test_renewals_and_losses_are_counted_by_hour_and_by_day(linked_alice):
    for minutes, count in ((0, 2), (20, 3), (40, 5), (60 * 24, 7), (60 * 24 * 31, 11)):
        RenewalMinute.objects.add(count, now=NOON - timedelta(minutes=minutes))
    AuditEvent.objects.record(Action.GRANT_CONSENT_LOST, linked_alice, now=NOON - timedelta(days=2))

    lately = activity.lately(now=NOON)

    assert renewed(lately.hours) == {23: 5, 22: 5}
    assert renewed(lately.days) == {29: 10, 28: 7}
    assert [slot.lost for slot in lately.days[-3:]] == [1, 0, 0]


def test_an_incident_lasts_as_long_as_it_did_and_an_open_one_until_now(acme, globex):
    day = timedelta(days=1)
    for app, began, ended in (
        (acme, NOON - 15 * day, NOON - 12 * day),
        (globex, NOON - 3 * day, None),
        (acme, NOON - 40 * day, NOON - 35 * day),
    ):
        AppIncident.objects.create(app=app, reason="HTTP 503", began_at=began, ended_at=ended)

    found = activity.lately(now=NOON).incidents

    assert [(each.name, round(each.begins, 2), round(each.lasts, 2)) for each in found] == [
        ("Acme", 0.5, 0.1),
        ("Globex", 0.9, 0.1),
    ]
    assert [(name, len(spans)) for name, spans in chart.spans_of(found)] == [
        ("Globex", 1),
        ("Acme", 1),
    ]
