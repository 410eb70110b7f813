"""The first user of an enterprise creates its organisation at Webex, which takes minutes.

So of each enterprise in a file one row goes ahead; the others follow once it is provisioned, or at
once where the organisation turns out to exist. Who has no others behind them needs no gate.
"""

from django.db.models import Count, Min

from integrations.models import BulkJob, BulkRow
from integrations.models.bulk_row import BulkRowQuerySet

Gate, Status = BulkRow.Gate, BulkRow.Status


def close(job: BulkJob) -> None:
    """Before the job starts."""
    rows = BulkRow.objects.filter(job=job, status=Status.PENDING)
    rows = rows.filter(operation=BulkRow.Operation.PROVISION)
    enterprises = rows.order_by().values("enterprise_id").annotate(rows=Count("pk"))
    shared = enterprises.filter(rows__gt=1)
    rows.filter(enterprise_id__in=shared.values("enterprise_id")).update(gate=Gate.HELD)
    first = shared.annotate(first=Min("line")).values_list("first", flat=True)
    rows.filter(line__in=list(first)).update(gate=Gate.FIRST)


def open_all(row: BulkRow) -> None:
    """The organisation of this row's enterprise exists."""
    _of_its_enterprise(row).exclude(gate=Gate.OPEN).update(gate=Gate.OPEN)


def send_next(row: BulkRow) -> None:
    """This one is over, and still nobody knows of an organisation."""
    held = _of_its_enterprise(row).filter(gate=Gate.HELD, status=Status.PENDING)
    following = held.order_by("line").values_list("pk", flat=True)[:1]
    BulkRow.objects.filter(pk__in=list(following)).update(gate=Gate.FIRST)


def _of_its_enterprise(row: BulkRow) -> BulkRowQuerySet:
    return BulkRow.objects.filter(job=row.job_id, enterprise_id=row.enterprise_id)
