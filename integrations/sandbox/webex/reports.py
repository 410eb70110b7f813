"""Billing reports of partners, and the signed download of one (contract 18)."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import Any

from integrations.sandbox.core.broadworks import Report
from integrations.sandbox.core.entities import resource_id, uuid_in
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.provisioning import settle
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import malformed, moment, not_found
from integrations.sandbox.webex.caller import authenticated_partner

routes = Routes()
READ = "spark-admin:broadworks_billing_reports_read"
WRITE = "spark-admin:broadworks_billing_reports_write"
KIND = "BILLING_REPORT"
PERIOD = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
DOWNLOAD_TTL = 900
NO_REPORT = {"code": 2024, "description": "Billing Report not found."}
SORTS = {"id": "id", "status": "status", "billingPeriod": "billing_period"}


@routes("GET", "/v1/broadworks/billing/reports")
def reports(state: State, request: Request) -> Response:
    partner, _ = authenticated_partner(state, request, READ)
    after, before = (request.query.get(name, "") for name in ("after", "before"))
    sort = request.query.get("sortBy", "billingPeriod")
    if sort not in SORTS:
        raise malformed("sortBy is id, status or billingPeriod.", "sortBy")
    items = [
        _listed(state, row)
        for row in state.directory.reports
        if row.partner == partner.name
        and (not after or row.billing_period > after[:7])
        and (not before or row.billing_period < before[:7])
    ]
    return json_answer({"items": sorted(items, key=lambda item: item[sort])})


@routes("POST", "/v1/broadworks/billing/reports")
def create_report(state: State, request: Request) -> Response:
    partner, person = authenticated_partner(state, request, WRITE, writes=True)
    period = request.json().get("billingPeriod")
    if not isinstance(period, str) or not PERIOD.fullmatch(period):
        raise malformed("billingPeriod is a year and a month: 2026-10.", "billingPeriod")
    now = state.now()
    ready_at = now + state.scenario.report_seconds
    row = Report(partner.name, period, person.id, created_at=now, ready_at=ready_at)
    state.directory.reports.add(row)
    state.changed()
    return json_answer({"id": resource_id(KIND, row.id)})


@routes("GET", "/v1/broadworks/billing/reports/{}")
def report(state: State, request: Request, report_id: str) -> Response:
    row = _asked(state, request, READ, report_id)
    shown = _listed(state, row) | {
        "created": moment(row.created_at),
        "createdBy": resource_id("PEOPLE", row.created_by),
    }
    if shown["status"] == "COMPLETED":
        shown["tempDownloadURL"] = _download_url(state, request, row)
    if shown["status"] == "FAILED":
        shown["errors"] = [NO_REPORT]
    return json_answer(shown)


@routes("DELETE", "/v1/broadworks/billing/reports/{}")
def delete_report(state: State, request: Request, report_id: str) -> Response:
    state.directory.reports.remove(_asked(state, request, WRITE, report_id, writes=True))
    state.changed()
    return Response(204)


@routes("GET", "/webexcontent/{}")
def download(state: State, request: Request, name: str) -> Response:
    """On Webex's side another host, which takes the signature and refuses a bearer beside it."""
    row = state.directory.reports.get(name.removesuffix(".csv"))
    expires = request.query.get("Expires", "")
    if "authorization" in request.headers:
        raise ApiError(400, "Only one way to authenticate is allowed.")
    if row is None or request.query.get("Signature") != _signature(row, expires):
        raise ApiError(403, "The signature does not fit.")
    if int(expires) <= state.now():
        raise ApiError(403, "The link has expired.")
    headers = {"Content-Type": "text/csv", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(200, _table(state, row).encode(), headers)


def _asked(
    state: State, request: Request, scope: str, report_id: str, *, writes: bool = False
) -> Report:
    partner, _ = authenticated_partner(state, request, scope, writes=writes)
    settle(state)
    row = state.directory.reports.get(uuid_in(KIND, report_id))
    if row is None or row.partner != partner.name:
        raise not_found()
    return row


def _listed(state: State, row: Report) -> dict[str, Any]:
    """A month that is not over has no report."""
    status = "IN_PROGRESS"
    if row.ready_at <= state.now():
        is_over = row.billing_period < moment(row.created_at)[:7]
        status = "COMPLETED" if is_over else "FAILED"
    shown = {"id": resource_id(KIND, row.id), "billingPeriod": row.billing_period}
    return shown | {"status": status}


def _download_url(state: State, request: Request, row: Report) -> str:
    expires = str(int(state.now()) + DOWNLOAD_TTL)
    query = f"Expires={expires}&Signature={_signature(row, expires)}"
    return f"http://{request.host}/webexcontent/{row.id}.csv?{query}"


def _signature(row: Report, expires: str) -> str:
    return hashlib.sha256(f"{row.id} {row.created_at} {expires}".encode()).hexdigest()


def _table(state: State, row: Report) -> str:
    """The real columns are not known (contract 18); these are the sandbox's."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("spEnterpriseId", "userId", "package", "status"))
    for subscriber in state.directory.subscribers:
        if subscriber.partner == row.partner:
            keys = (subscriber.sp_enterprise_id, subscriber.user_id, subscriber.package)
            table.writerow((*keys, subscriber.status))
    return text.getvalue()
