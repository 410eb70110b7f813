"""How far a job is: figures from the rows, and the sentence for whoever waits for it."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import BulkJob, BulkRow

UNATTENDED = timedelta(seconds=60)
Status = BulkRow.Status
CALLS = {  # for one row; the one poll for all adds few
    BulkRow.Operation.PROVISION: 1,
    BulkRow.Operation.UPDATE: 2,
    BulkRow.Operation.REMOVE: 2,
    BulkRow.Operation.VERIFY: 1,
}


@dataclass(frozen=True)
class Progress:
    job: BulkJob
    counts: dict[str, int]
    operations: list[tuple[str, int]]  # of the lines that can be sent, by name
    checked: int  # at Webex
    to_check: int
    minutes_left: int  # to send what is not sent yet
    is_unattended: bool
    waits_until: datetime | None

    @property
    def total(self) -> int:
        """Of the lines that are worked at."""
        return sum(self.counts.values()) - self.skipped

    @property
    def done(self) -> int:
        return self.counts.get(Status.DONE, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(Status.FAILED, 0)

    @property
    def skipped(self) -> int:
        return self.counts.get(Status.SKIPPED, 0)

    @property
    def accepted(self) -> int:
        return self.counts.get(Status.ACCEPTED, 0)

    @property
    def unknown(self) -> int:
        return self.counts.get(Status.UNKNOWN, 0)

    @property
    def waiting(self) -> int:
        return self.counts.get(Status.PENDING, 0) + self.counts.get(Status.SENT, 0)

    @property
    def checkable(self) -> int:
        return self.checked + self.to_check

    @property
    def minutes_to_check(self) -> int:
        return minutes(self.to_check)

    @property
    def over(self) -> int:
        return self.done + self.failed


def of(job: BulkJob, *, now: datetime) -> Progress:
    rows = BulkRow.objects.filter(job=job)
    counts = rows.counts()
    waits = job.waits_until if job.waits_until and job.waits_until > now else None
    seen_at = max(filter(None, (job.worked_at, job.started_at)), default=now)
    return Progress(
        job=job,
        counts=counts,
        operations=_operations(job) if job.is_draft else [],
        checked=rows.filter(checked_at__isnull=False).count() if job.is_draft else 0,
        to_check=rows.to_check().count() if job.is_draft else 0,
        minutes_left=minutes(_calls_left(job)),
        is_unattended=job.is_at_work and now - seen_at > UNATTENDED,
        waits_until=waits if job.is_at_work else None,
    )


def _operations(job: BulkJob) -> list[tuple[str, int]]:
    counts = BulkRow.objects.filter(job=job, status=Status.PENDING).counts("operation")
    return [(str(each.label), counts[each]) for each in BulkRow.Operation if each in counts]


def _calls_left(job: BulkJob) -> int:
    rows = BulkRow.objects.filter(job=job)
    if job.status == BulkJob.Status.CHECKING:
        return rows.to_check().count()
    left = rows.filter(status__in=[Status.PENDING, Status.SENT, Status.UNKNOWN])
    counts = left.counts("operation")
    people = counts.get(BulkRow.Operation.REMOVE, 0) if job.removes_people else 0
    return people + sum(CALLS[BulkRow.Operation(name)] * count for name, count in counts.items())


def minutes(calls: int) -> int:
    """At least so long they take at the rate that jobs may ask Webex at."""
    limit = settings.WEBEX_JOB_CALLS_PER_MINUTE
    return math.ceil(calls / limit) if limit else 1


def in_words(progress: Progress) -> str:
    """What is happening now, and how long it will take."""
    if progress.waits_until and progress.job.failure_count:
        return _("Webex does not answer right now. Nothing is lost: it is tried again by itself.")
    if progress.waits_until:
        return _("Webex asked us to wait a moment. It goes on by itself.")
    if progress.waiting or progress.job.status == BulkJob.Status.CHECKING:
        text = ngettext(
            "About %(minutes)s minute left.",
            "About %(minutes)s minutes left.",
            progress.minutes_left,
        )
        return text % {"minutes": progress.minutes_left}
    if progress.unknown:
        return _("Some answers were lost on the way. We look up whether Webex acted.")
    return _("Everything is sent. Webex is setting up the last ones.")


def why_stopped(job: BulkJob) -> str:
    if not job.stop_reason:
        return ""
    sentence = str(WHY_STOPPED[BulkJob.StopReason(job.stop_reason)])
    if job.stop_reason == BulkJob.StopReason.FORBIDDEN and job.removes_people:
        sentence += " " + _(
            "Webex people are removed by full and user administrators only, with the scope "
            "spark-admin:people_write."
        )
    return sentence


WHY_STOPPED = {  # each with a next step
    BulkJob.StopReason.BY_PERSON: gettext_lazy("You stopped it. What was under way still ended."),
    BulkJob.StopReason.NOT_LINKED: gettext_lazy(
        "Your Webex account is no longer linked. Link it again, then go on."
    ),
    BulkJob.StopReason.RIGHT_LOST: gettext_lazy(
        "You may no longer run bulk jobs. Please ask your administrator."
    ),
    BulkJob.StopReason.OTHER_ACCOUNT: gettext_lazy(
        "Another Webex account is linked than the one this job was started with. Link that one "
        "again and go on, or upload the file anew."
    ),
    BulkJob.StopReason.REFUSED: gettext_lazy(
        "Webex no longer accepts the access to your account. Link it again, then go on."
    ),
    BulkJob.StopReason.FORBIDDEN: gettext_lazy(
        "Your Webex account may not do this: either it needs the role Partner administrator, or "
        "the integration lacks the scope spark-admin:broadworks_subscribers_write. Go on when "
        "that is mended."
    ),
    BulkJob.StopReason.UNREADABLE: gettext_lazy(
        "The portal cannot read its access to your Webex account. Please tell your administrator, "
        "or link your account again; then go on."
    ),
}
