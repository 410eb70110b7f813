"""Mails to everybody of an organisation who never signed in to Webex (contract 17.6).

Each raises what `rest.call` raises. One job of an organisation runs at a time, and nobody gets two
mails within a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.tokens import Bearer
from integrations.webex import members, rest
from integrations.webex.http import Deadline

SENT, FAILED, SKIPPED = (f"userResendInvite{how}" for how in ("Sent", "Failed", "Skipped"))


@dataclass(frozen=True)
class MailJob:
    id: str
    status: str  # STARTING, STARTED, COMPLETED, STOPPING, FAILED, ABANDONED, UNKNOWN
    sent: int
    failed: int
    skipped: int  # they had one within a day


def send(bearer: Bearer, org_id: str, *, deadline: Deadline) -> MailJob:
    return _job(rest.call(bearer, "POST", _path(org_id), deadline=deadline).body)


def job(bearer: Bearer, org_id: str, job_id: str, *, deadline: Deadline) -> MailJob:
    path = _path(org_id) + rest.path(job_id, "status")
    return _job(rest.call(bearer, "GET", path, deadline=deadline).body)


def _path(org_id: str) -> str:
    return "/identity/organizations" + rest.path(org_id, "jobs", "sendActivationEmails")


def _job(answer: Mapping[str, Any]) -> MailJob:
    counts = members.mapping(answer.get("counts"))
    sent, failed, skipped = (
        members.whole_number(counts.get(name)) or 0 for name in (SENT, FAILED, SKIPPED)
    )
    return MailJob(
        id=members.identifier(answer.get("id")),
        status=members.text(answer.get("latestExecutionStatus")),
        sent=sent,
        failed=failed,
        skipped=skipped,
    )
