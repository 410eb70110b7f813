"""The file again, with what came of each line. Spreadsheets run none of its cells."""

from collections.abc import Iterator
from datetime import datetime

from integrations import spreadsheet
from integrations.actions import Action
from integrations.models import AuditEvent, BulkJob, BulkRow
from integrations.provisioning.bulk import remarks
from integrations.provisioning.bulk.columns import RESULTS

AT_ONCE = 500  # rows in memory
RESULT = {
    BulkRow.Status.PENDING: "not sent",
    BulkRow.Status.SENT: "under way",
    BulkRow.Status.UNKNOWN: "under way",
    BulkRow.Status.ACCEPTED: "under way",
    BulkRow.Status.DONE: "done",
    BulkRow.Status.FAILED: "failed",
    BulkRow.Status.SKIPPED: "skipped",
}


def export(job: BulkJob, *, only_open: bool = False, now: datetime) -> Iterator[str]:
    """Its lines, and that they were asked for is on record.

    `only_open`: what was not done, to be mended and sent again.
    """
    which = "not done" if only_open else "all"
    AuditEvent.objects.record(Action.EXPORT_MADE, job, now=now, reason=f"result.csv {which}")
    rows = BulkRow.objects.filter(job=job).order_by("line")
    if only_open:
        rows = rows.filter(status__in=[BulkRow.Status.FAILED, BulkRow.Status.SKIPPED])
    return spreadsheet.lines(_lines(job, rows.iterator(chunk_size=AT_ONCE)))


def _lines(job: BulkJob, rows: Iterator[BulkRow]) -> Iterator[list[str]]:
    yield [*job.columns, *RESULTS]
    for row in rows:
        given = [row.cells.get(name, "") for name in job.columns]
        result = RESULT[BulkRow.Status(row.status)]
        facts = [result, row.webex_status, row.error_code, remarks.of_row(row)]
        yield [*given, *facts, row.tracking_id, row.subscriber_id]
