"""How accepted rows go on at Webex: one poll for all of them, however many. It has no webhooks."""

from datetime import datetime, timedelta

from django.db.models import Max, Min, Q

from integrations.models import BulkJob, BulkRow
from integrations.provisioning.bulk import outcomes
from integrations.webex.broadworks import Subscriber

OFTEN, SELDOM, RARELY = timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60)
NEW = timedelta(minutes=2)
FOLLOWED = timedelta(minutes=30)  # afterwards each row is looked up by itself, now and then


def take(job: BulkJob, *, now: datetime) -> datetime | None:
    """Since when to ask for changes, where it is time and nobody else asks; by Webex's clock."""
    rows = BulkRow.objects.filter(job=job)
    watched = rows.accepted().filter(accepted_at__gt=now - FOLLOWED)
    span = watched.aggregate(since=Min("watched_since"), newest=Max("accepted_at"))
    if span["since"] is None:
        return None
    pause = _pause(has_more=rows.due(now).exists(), age=now - span["newest"])
    mine = BulkJob.objects.filter(pk=job.pk).filter(Q(next_poll_at=None) | Q(next_poll_at__lte=now))
    since: datetime = span["since"]
    return since if mine.update(next_poll_at=now + pause) == 1 else None


def _pause(*, has_more: bool, age: timedelta) -> timedelta:
    """Often where nothing else is to do but to wait for them: for the first of an enterprise."""
    if has_more:
        return SELDOM
    return OFTEN if age < NEW else RARELY


def record(job: BulkJob, changed: tuple[Subscriber, ...], *, now: datetime) -> None:
    by_id = {subscriber.id: subscriber for subscriber in changed}
    for row in BulkRow.objects.filter(job=job, subscriber_id__in=by_id).accepted():
        row.job = job
        outcomes.follow(row, by_id[row.subscriber_id], now=now)
