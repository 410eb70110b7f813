"""Whose right and whose Webex account a job works with: asked again by every turn of a worker.

A job outlives the session of the person who started it, and not their right.
"""

from datetime import datetime

from integrations.errors import JobHalted, NotLinked, UndecryptableValue
from integrations.models import BulkJob, Grant
from integrations.renewal import on_demand
from integrations.renewal.outcomes import Outcome
from integrations.tokens import Bearer

RIGHTS = ["integrations.use_webex", "integrations.run_bulk"]
Reason = BulkJob.StopReason


def bearer(job: BulkJob, *, now: datetime) -> Bearer:
    """Raises JobHalted, or WebexUnavailable where waiting helps."""
    user = job.grant.user
    if not user.is_active or not user.has_perms(RIGHTS):
        raise JobHalted(Reason.RIGHT_LOST)
    if job.grant.person_id != job.person_id:
        raise JobHalted(Reason.OTHER_ACCOUNT)
    try:
        return on_demand.access_token(job.grant, now=now)
    except NotLinked:
        reason = Reason.NOT_LINKED
    except UndecryptableValue:
        reason = Reason.UNREADABLE
    raise JobHalted(reason)


def renewed_bearer(job: BulkJob, *, now: datetime) -> Bearer | None:
    """After a 401. None where it could not be renewed just now."""
    outcome = on_demand.renew(job.grant, now=now)
    if outcome not in (Outcome.RENEWED, Outcome.CLAIMED, Outcome.SUPERSEDED):
        return None
    job.grant = Grant.objects.select_related("app", "user").get(pk=job.grant.pk)
    return bearer(job, now=now)
