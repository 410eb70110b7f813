"""A bulk job from the file to its end: what people do with it, and why it may stop by itself."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import JobConflict, JobHalted
from integrations.linking import link_status
from integrations.models import AuditEvent, BrandedURL, BulkJob, BulkRow
from integrations.provisioning.bulk import csv_file, gates, line_checks
from integrations.provisioning.bulk.line_checks import CheckedLine

AT_ONCE = 1000  # rows written or deleted in one statement
Status = BulkJob.Status


def make(
    *, user: User, brand: BrandedURL | None, file_name: str, content: bytes | str, operation: str,
    now: datetime,
) -> BulkJob:  # fmt: skip
    """A draft, with its dry run. Raises UnusableFile or NotLinked."""
    grant = link_status.usable_grant(user, brand)
    table = csv_file.read(content)
    lines = line_checks.check(
        table.lines, otherwise=operation, default_provisioning_id=grant.app.default_provisioning_id
    )
    job = BulkJob(
        grant=grant, person_id=grant.person_id, hostname=brand.hostname if brand else "",
        file_name=file_name[:200], columns=list(table.columns), created_at=now,
    )  # fmt: skip
    with transaction.atomic():
        job.save()
        BulkRow.objects.bulk_create((_row(job, line) for line in lines), batch_size=AT_ONCE)
    return job


def _row(job: BulkJob, checked: CheckedLine) -> BulkRow:
    cells, problems = checked.line.cells, checked.problems
    return BulkRow(
        job=job,
        line=checked.line.number,
        operation=checked.operation,
        broadworks_user_id=cells.get("userId", "")[:200],
        enterprise_id=cells.get("spEnterpriseId", "")[:200],
        cells=cells,
        problems=problems,
        status=BulkRow.Status.SKIPPED if problems else BulkRow.Status.PENDING,
    )


def check_first(job: BulkJob) -> None:
    """Asks Webex about each line, without changing anything. Raises JobConflict."""
    _set_to_work(job, expected=Status.DRAFT, status=Status.CHECKING)


def start(job: BulkJob, *, removes_people: bool = False, now: datetime) -> None:
    """`removes_people`: whose line says remove loses the Webex person, too. Raises JobConflict."""
    facts = {"started_at": now, "removes_people": removes_people}
    with transaction.atomic():
        _set_to_work(job, expected=Status.DRAFT, status=Status.RUNNING, **facts)
        gates.close(job)
        job.rows.filter(status=BulkRow.Status.PENDING).update(due_at=now)
        reason = "with their Webex people" if removes_people else ""
        AuditEvent.objects.record(Action.BULK_JOB_STARTED, job, now=now, reason=reason)


def resume(job: BulkJob, *, now: datetime) -> None:
    """Raises JobConflict."""
    with transaction.atomic():
        _set_to_work(job, expected=Status.STOPPED, status=Status.RUNNING, next_poll_at=None)
        AuditEvent.objects.record(Action.BULK_JOB_RESUMED, job, now=now)


def _set_to_work(job: BulkJob, *, expected: str, **columns: object) -> None:
    fresh = {"stop_reason": "", "tracking_id": "", "waits_until": None, "failure_count": 0}
    try:
        with transaction.atomic():
            changed = job.change(expected=[expected], **fresh, **columns)
    except IntegrityError:
        changed = False  # another one is at work
    if not changed:
        raise JobConflict


def stop(job: BulkJob, *, now: datetime) -> None:
    """Nothing more is sent; what is under way still ends. Raises JobConflict."""
    if not halt(job, JobHalted(BulkJob.StopReason.BY_PERSON), now=now):
        raise JobConflict


def halt(job: BulkJob, why: JobHalted, *, now: datetime) -> bool:
    """False where it is not at work any more."""
    facts = {"stop_reason": why.reason, "tracking_id": why.tracking_id}
    with transaction.atomic():
        if job.change(expected=[Status.CHECKING], status=Status.DRAFT, **facts):
            return True
        if not job.change(expected=[Status.RUNNING], status=Status.STOPPED, **facts):
            return False
        AuditEvent.objects.record(
            Action.BULK_JOB_STOPPED, job, now=now, reason=why.reason, tracking_id=why.tracking_id
        )
    return True


def finish(job: BulkJob, *, now: datetime) -> None:
    with transaction.atomic():
        if job.change(expected=[Status.CHECKING], status=Status.DRAFT, checked_at=now):
            return
        if job.change(expected=[Status.RUNNING], status=Status.FINISHED, finished_at=now):
            AuditEvent.objects.record(Action.BULK_JOB_FINISHED, job, now=now)


def delete(job: BulkJob) -> None:
    """With its file. Raises JobConflict while it is at work."""
    if job.is_at_work:
        raise JobConflict
    _delete_in_steps(job)


def forget_old(*, now: datetime) -> None:
    for job in BulkJob.objects.outdated(now):
        _delete_in_steps(job)


def _delete_in_steps(job: BulkJob) -> None:
    """Small ones: nobody's write waits for all of them."""
    keys = list(job.rows.order_by("line").values_list("pk", flat=True))
    for begin in range(0, len(keys), AT_ONCE):
        BulkRow.objects.filter(pk__in=keys[begin : begin + AT_ONCE]).delete()
    job.delete()
