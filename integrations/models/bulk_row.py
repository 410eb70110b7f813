"""One line of a bulk job: what shall be done with one person, and how far it got.

PENDING -> SENT -> ACCEPTED -> DONE or FAILED. UNKNOWN: sent, and the answer was lost. SENT is
written before the call leaves, so whoever finds it after a crash looks before it sends again.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from integrations.models.bulk_job import BulkJob
from integrations.models.claim import Claimable, ClaimableQuerySet


class BulkRowQuerySet(ClaimableQuerySet["BulkRow"]):
    def open(self) -> "BulkRowQuerySet":
        return self.filter(status__in=OPEN)

    def due(self, now: datetime) -> "BulkRowQuerySet":
        rows = self.open().exclude(gate=BulkRow.Gate.HELD)
        return rows.filter(due_at__lte=now).order_by("due_at", "line")

    def to_check(self) -> "BulkRowQuerySet":
        """What Webex can be asked about beforehand: it wants an e-mail address."""
        rows = self.filter(status=BulkRow.Status.PENDING, checked_at=None, cells__has_key="email")
        return rows.filter(operation=BulkRow.Operation.PROVISION).order_by("line")

    def accepted(self) -> "BulkRowQuerySet":
        return self.filter(status=BulkRow.Status.ACCEPTED)

    def counts(self, column: str = "status") -> dict[str, int]:
        return dict(self.order_by().values_list(column).annotate(Count("pk")))


class BulkRow(Claimable):
    class Operation(models.TextChoices):
        PROVISION = "provision", _("provision")
        UPDATE = "update", _("change")
        REMOVE = "remove", _("remove")
        VERIFY = "verify", _("check")

    class Status(models.TextChoices):
        PENDING = "PENDING", _("not sent yet")
        SENT = "SENT", _("being sent")
        UNKNOWN = "UNKNOWN", _("being looked up")
        ACCEPTED = "ACCEPTED", _("accepted")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("failed")
        SKIPPED = "SKIPPED", _("skipped")

    class Gate(models.TextChoices):
        """The first user of an enterprise creates its organisation; the others wait for it."""

        OPEN = "OPEN"
        FIRST = "FIRST"  # is sent alone
        HELD = "HELD"

    job = models.ForeignKey(
        BulkJob, on_delete=models.CASCADE, related_name="rows", db_index=False
    )  # a_job_has_a_line_once serves it
    line = models.PositiveIntegerField()  # of the file
    operation = models.CharField(max_length=10, choices=Operation)
    broadworks_user_id = models.CharField(max_length=200)
    enterprise_id = models.CharField(max_length=200, blank=True)
    cells = models.JSONField()  # by column, without the empty ones
    problems = models.JSONField(default=dict)  # remarks by column, of the dry run
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    gate = models.CharField(max_length=5, choices=Gate, default=Gate.OPEN)
    attempts = models.PositiveIntegerField(default=0)  # writes sent; a request to wait is none
    due_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)  # sent, and Webex did not know of it
    removed_at = models.DateTimeField(null=True)  # the connection; its Webex person is next
    person_id = models.CharField(max_length=200, blank=True, db_default="")  # to be removed
    watched_since = models.DateTimeField(null=True)  # by Webex's clock
    accepted_at = models.DateTimeField(null=True)
    webex_status = models.CharField(max_length=50, blank=True)
    subscriber_id = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=20, blank=True)
    remarks = models.JSONField(null=True)  # as provisioning/bulk/remarks.py keeps and reads them
    description = models.TextField(blank=True)  # a sentence, of a row from before remarks
    tracking_id = models.CharField(max_length=100, blank=True)

    objects = BulkRowQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["job", "line"], name="a_job_has_a_line_once"),
        ]
        indexes = [
            models.Index(
                fields=["job", "due_at", "line"],
                name="open_rows_of_a_bulk_job",
                condition=Q(status__in=["PENDING", "SENT", "UNKNOWN", "ACCEPTED"]),
            ),
            models.Index(fields=["job", "status", "line"], name="rows_of_a_job_by_status"),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.job_id}"

    @staticmethod
    def claim_seconds() -> float:
        """Outlives the call, and its retry after a renewal."""
        return float(2 * settings.WEBEX_TIMEOUT + 5)

    def mark_sent(self, now: datetime) -> bool:
        """Committed before the call leaves. False where the claim was lost."""
        columns = {"status": self.Status.SENT, "sent_at": now, "attempts": self.attempts + 1}
        return self._ours().update(**columns, missed_at=None) == 1

    def write(self, **columns: Any) -> bool:
        """What came of it; ends the claim. False where somebody else has the row by now."""
        return self._ours().update(claimed_by=None, claimed_until=None, **columns) == 1

    def is_ours(self) -> bool:
        """Not where its claim is over: somebody else has it, or what came of it is written."""
        return self._ours().exists()

    def _ours(self) -> BulkRowQuerySet:
        return BulkRow.objects.filter(pk=self.pk, claimed_by=self.claimed_by)


_Status = BulkRow.Status
OPEN = [_Status.PENDING, _Status.SENT, _Status.UNKNOWN, _Status.ACCEPTED]
