"""A file of people to provision, change or remove at Webex, worked off in the background."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.grant import Grant

if TYPE_CHECKING:
    from accounts.models import User
    from integrations.models.webex_app import WebexApp

DRAFTS_KEPT = timedelta(days=1)


class BulkJobQuerySet(models.QuerySet["BulkJob"]):
    def of(self, user: "User", app: "WebexApp | None") -> "BulkJobQuerySet":
        return self.filter(grant__user=user, grant__app=app)

    def at_work(self) -> "BulkJobQuerySet":
        return self.filter(status__in=AT_WORK)

    def outdated(self, now: datetime) -> "BulkJobQuerySet":
        """What they hold is personal data. One that is at work is never outdated."""
        kept = timedelta(days=settings.BULK_JOBS_KEPT_DAYS)
        is_draft = Q(status=BulkJob.Status.DRAFT, created_at__lt=now - DRAFTS_KEPT)
        return self.exclude(status__in=AT_WORK).filter(is_draft | Q(created_at__lt=now - kept))


class BulkJob(models.Model):
    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Not started")
        CHECKING = "CHECKING", _("Being checked at Webex")
        RUNNING = "RUNNING", _("Running")
        STOPPED = "STOPPED", _("Stopped")
        FINISHED = "FINISHED", _("Finished")

    class StopReason(models.TextChoices):
        """Why it does not go on; `jobs.STOPPED_BECAUSE` says it in sentences."""

        BY_PERSON = "BY_PERSON"
        NOT_LINKED = "NOT_LINKED"
        RIGHT_LOST = "RIGHT_LOST"
        OTHER_ACCOUNT = "OTHER_ACCOUNT"
        REFUSED = "REFUSED"  # 401, with a new token too
        FORBIDDEN = "FORBIDDEN"  # 403
        UNREADABLE = "UNREADABLE"  # the key does not fit

    PASTED = "pasted lines"  # as they are called on record

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grant = models.ForeignKey(
        Grant,
        on_delete=models.CASCADE,
        related_name="bulk_jobs",
        db_index=False,  # bulk_jobs_of_a_grant_newest serves it
    )
    person_id = models.CharField(max_length=200)  # whose Webex account it was started with
    hostname = models.CharField(max_length=253)
    file_name = models.CharField(_("file"), max_length=200)  # empty: its lines were pasted
    columns = models.JSONField()  # of the file, in its order
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    stop_reason = models.CharField(max_length=20, choices=StopReason, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)  # of the answer that stopped it
    removes_people = models.BooleanField(default=False, db_default=False)  # not only connections
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)  # at Webex
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)  # the last sign of life of a worker
    waits_until = models.DateTimeField(null=True)  # Webex asked for it, or does not answer
    failure_count = models.PositiveIntegerField(default=0)  # unanswered calls in a row
    next_poll_at = models.DateTimeField(null=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["grant"],
                condition=Q(status__in=["CHECKING", "RUNNING"]),
                name="a_grant_has_one_bulk_job_at_work",
            ),
        ]
        indexes = [
            models.Index(fields=["grant", "-created_at"], name="bulk_jobs_of_a_grant_newest"),
            models.Index(fields=["created_at"], name="bulk_jobs_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"bulk job {self.pk}"

    @property
    def name(self) -> str:
        return self.file_name or str(_("Pasted lines"))

    @property
    def audit_label(self) -> str:
        return self.file_name or self.PASTED

    @property
    def user_id(self) -> int:
        return self.grant.user_id

    @property
    def is_at_work(self) -> bool:
        return self.status in AT_WORK

    @property
    def is_draft(self) -> bool:
        return self.status in [self.Status.DRAFT, self.Status.CHECKING]

    def change(self, *, expected: list[str], **columns: object) -> bool:
        """False where it is in none of the expected states any more."""
        rows = BulkJob.objects.filter(pk=self.pk, status__in=expected)
        if rows.update(**columns) != 1:
            return False
        for name, value in columns.items():
            setattr(self, name, value)
        return True


AT_WORK = [BulkJob.Status.CHECKING, BulkJob.Status.RUNNING]
