"""Lines that were not done, for a page: what stands in a cell, and what is wrong there."""

from dataclasses import dataclass

from integrations.models import BulkJob, BulkRow
from integrations.provisioning.bulk import remarks

MOST = 100  # lines on a page; the result file has them all


@dataclass(frozen=True)
class Cell:
    column: str
    text: str
    problem: str


@dataclass(frozen=True)
class ProblemTable:
    columns: tuple[str, ...]  # with the user's own always first
    lines: tuple[tuple[int, tuple[Cell, ...]], ...]  # by number in the file


def of_dry_run(job: BulkJob) -> ProblemTable:
    skipped = BulkRow.objects.filter(job=job, status=BulkRow.Status.SKIPPED)
    rows = list(skipped.order_by("line")[:MOST])
    affected = {name for row in rows for name in row.problems} - {"userId"}
    known = [name for name in job.columns if name in affected]
    columns = ("userId", *known, *sorted(affected - set(known)))
    return ProblemTable(columns, tuple((row.line, _cells(row, columns)) for row in rows))


def _cells(row: BulkRow, columns: tuple[str, ...]) -> tuple[Cell, ...]:
    said = {name: remarks.in_words(each, with_step=False) for name, each in row.problems.items()}
    return tuple(Cell(name, row.cells.get(name, ""), said.get(name, "")) for name in columns)


def failed(job: BulkJob) -> list[tuple[BulkRow, str]]:
    """Each with why."""
    rows = BulkRow.objects.filter(job=job, status=BulkRow.Status.FAILED)
    return [(row, remarks.of_row(row)) for row in rows.order_by("line")[:MOST]]
