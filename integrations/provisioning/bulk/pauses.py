"""How long a whole job waits before it asks Webex again."""

from datetime import datetime, timedelta

from integrations.models import BulkJob


def wait(job: BulkJob, pause: timedelta, *, now: datetime) -> None:
    """The whole job: Webex asked for it."""
    BulkJob.objects.filter(pk=job.pk).update(waits_until=now + pause)


def note_failure(job: BulkJob, *, now: datetime) -> None:
    """A second doubling to a minute; calls that failed at the same time count once."""
    pause = timedelta(seconds=min(2**job.failure_count, 60))
    rows = BulkJob.objects.filter(pk=job.pk, failure_count=job.failure_count)
    rows.update(failure_count=job.failure_count + 1, waits_until=now + pause)


def note_success(job: BulkJob) -> None:
    if job.failure_count:
        job.failure_count = 0
        BulkJob.objects.filter(pk=job.pk).update(failure_count=0)
