"""The file again, with what came of each line. Spreadsheets run none of its cells."""

import csv
from collections.abc import Iterator

from integrations.models import BulkJob, BulkRow
from integrations.provisioning.bulk.columns import RESULTS
from integrations.provisioning.bulk.csv_file import FORMULA

AT_ONCE = 500  # rows in memory
BOM = "\ufeff"  # or Excel takes UTF-8 for something else
RESULT = {
    BulkRow.Status.PENDING: "not sent",
    BulkRow.Status.SENT: "under way",
    BulkRow.Status.UNKNOWN: "under way",
    BulkRow.Status.ACCEPTED: "under way",
    BulkRow.Status.DONE: "done",
    BulkRow.Status.FAILED: "failed",
    BulkRow.Status.SKIPPED: "skipped",
}


class _Echo:
    """A file for csv.writer that hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def lines(job: BulkJob, *, only_open: bool = False) -> Iterator[str]:
    """`only_open`: what was not done, to be mended and sent again."""
    rows = BulkRow.objects.filter(job=job).order_by("line")
    if only_open:
        rows = rows.filter(status__in=[BulkRow.Status.FAILED, BulkRow.Status.SKIPPED])
    write = csv.writer(_Echo()).writerow
    yield BOM + str(write([*job.columns, *RESULTS]))
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield str(write([_safe(cell) for cell in _cells(job, row)]))


def _cells(job: BulkJob, row: BulkRow) -> list[str]:
    given = [row.cells.get(name, "") for name in job.columns]
    result = RESULT[BulkRow.Status(row.status)]
    facts = [result, row.webex_status, row.error_code, row.description]
    return [*given, *facts, row.tracking_id, row.subscriber_id]


def _safe(cell: str) -> str:
    return "'" + cell if cell.startswith(FORMULA) else cell
