"""Activation mails to everybody of an organization who never signed in (contract 17.6)."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.core.broadworks import ActivationJob
from integrations.sandbox.core.entities import Person, resource_id, uuid_in
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import MALFORMED, not_found
from integrations.sandbox.webex.caller import FORBIDDEN, administered, authenticated_admin
from integrations.sandbox.webex.paging import asked_max, asked_start, page_of
from integrations.sandbox.webex.people import ADMIN_READ, WRITE, never_signed_in

routes = Routes()
JOBS = "/v1/identity/organizations/{}/jobs/sendActivationEmails"
KIND = "JOB_ID"
DAY = 86400.0
ALREADY_RUNNING = "A job of this organization is running already."


@routes("POST", JOBS)
def send(state: State, request: Request, org_id: str) -> Response:
    known, caller = _organization(state, request, org_id, WRITE)
    directory, now = state.directory, state.now()
    jobs = directory.activation_jobs.values()
    if any(job.org_id == known and job.ends_at > now for job in jobs):
        raise ApiError(409, MALFORMED, ALREADY_RUNNING)
    waiting = [
        person
        for person in directory.people.scan(places=directory.people.places("org_id", known))
        if never_signed_in(person)
    ]
    skipped = [row.id for row in waiting if directory.mailed_at.get(row.id, now - DAY) > now - DAY]
    job = ActivationJob(
        org_id=known,
        created_by=caller.id,
        org_id_of_caller=caller.org_id,
        ends_at=now + state.scenario.mail_seconds,
        sent=len(waiting) - len(skipped),
        skipped=tuple(skipped),
    )
    directory.activation_jobs[job.id] = job
    directory.mailed_at |= {row.id: now for row in waiting if row.id not in job.skipped}
    return json_answer(_as_json(state, request, job), 202)


@routes("GET", f"{JOBS}/{{}}/status")
def status(state: State, request: Request, org_id: str, job_id: str) -> Response:
    return json_answer(_as_json(state, request, _asked(state, request, org_id, job_id)))


@routes("GET", f"{JOBS}/{{}}/errors")
def errors(state: State, request: Request, org_id: str, job_id: str) -> Response:
    job = _asked(state, request, org_id, job_id)
    is_over = job.ends_at <= state.now()
    rows = list(enumerate(job.skipped, start=1)) if is_over else []
    size = asked_max(request, default=50, limit=100)
    rest = iter(rows[asked_start(request) :])
    return page_of(request, rest, _error, size=size, place_of=lambda row: row[0] - 1)


def _error(row: tuple[int, str]) -> dict[str, Any]:
    number, person_id = row
    text = f"The user {person_id} has had an activation mail within 24 hours."
    message = [{"description": text, "code": "ATLAS-600199"}]
    return {"itemNumber": number, "error": {"key": "304", "message": message}}


def _organization(state: State, request: Request, org_id: str, *scopes: str) -> tuple[str, Person]:
    """Its uuid, and the caller, who manages people there or asks how it goes."""
    _, caller = authenticated_admin(state, request, *scopes)
    if not (caller.manages_people or (caller.is_read_only and ADMIN_READ in scopes)):
        raise ApiError(403, FORBIDDEN)
    known = uuid_in("ORGANIZATION", org_id)
    if known not in {organization.id for organization in administered(state, caller)}:
        raise not_found()
    return known, caller


def _asked(state: State, request: Request, org_id: str, job_id: str) -> ActivationJob:
    known, _ = _organization(state, request, org_id, ADMIN_READ, WRITE)
    job = state.directory.activation_jobs.get(uuid_in(KIND, job_id))
    if job is None or job.org_id != known:
        raise not_found()
    return job


def _as_json(state: State, request: Request, job: ActivationJob) -> dict[str, Any]:
    is_over = job.ends_at <= state.now()
    skipped = len(job.skipped) if is_over else 0
    sent = job.sent if is_over else 0
    return {
        "name": "resendinviteemail",
        "id": resource_id(KIND, job.id),
        "trackingId": request.tracking_id,
        "sourceUserId": resource_id("PEOPLE", job.created_by),
        "sourceCustomerId": resource_id("ORGANIZATION", job.org_id_of_caller),
        "targetCustomerId": resource_id("ORGANIZATION", job.org_id),
        "latestExecutionStatus": "COMPLETED" if is_over else "STARTED",
        "latestExecutionExitCode": _exit_code(job) if is_over else "UNKNOWN",
        "instanceId": 1,
        "counts": {
            "userResendInviteSent": sent,
            "userResendInviteFailed": 0,
            "userResendInviteSkipped": skipped,
            "totalUsers": sent + skipped,
        },
        "allowAdminInviteEmails": True,
    }


def _exit_code(job: ActivationJob) -> str:
    return "COMPLETED_WITH_ERRORS" if job.skipped else "COMPLETED"
