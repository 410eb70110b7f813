"""How far a bulk job is, in the name of the user whose it is. Pages of the portal begin them."""

from datetime import datetime
from uuid import UUID

from ninja import Router, Schema

from integrations.api import named, problems
from integrations.api.authentication import ApiRequest
from integrations.api.routing import route
from integrations.api.schemas import Hostname, Name
from integrations.models import BulkJob
from integrations.models.api_key import KeyScope
from integrations.provisioning.bulk import progress

router = Router(tags=["subscribers"])
FIGURES = (
    "total", "done", "failed", "accepted", "unknown", "waiting", "skipped", "minutes_left",
)  # fmt: skip


class BulkJobFacts(Schema):
    id: UUID
    file_name: str
    status: BulkJob.Status
    stopped_because: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    total: int
    done: int
    failed: int
    accepted: int
    unknown: int
    waiting: int
    skipped: int
    minutes_left: int


@route(
    router, "GET", "/bulk-jobs/{uuid:id}",
    scope=KeyScope.SUBSCRIBERS_READ, answer=BulkJobFacts, sessions=True, known=[404],
)  # fmt: skip
def read_bulk_job(
    request: ApiRequest, id: UUID, user: Name | None = None, hostname: Hostname | None = None
) -> BulkJobFacts:
    """How far a bulk job is. Webex is not asked."""
    whose, brand = named.whom(request.auth, user, hostname)
    named.check_rights(whose, "use_webex", "run_bulk")
    job = BulkJob.objects.of(whose, brand.app if brand else None).filter(pk=id).first()
    if job is None:
        raise problems.not_found("bulk_job")
    found = progress.of(job, now=request.auth.now)
    return BulkJobFacts(
        id=job.pk,
        file_name=job.name,
        status=BulkJob.Status(job.status),
        stopped_because=job.stop_reason,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        **{name: getattr(found, name) for name in FIGURES},
    )
