"""Monthly billing reports of a BroadWorks partner (contract 18).

Each raises what `rest.call` raises. The report itself lies on another host, under a signed URL that
opens it for anybody: no bearer goes there, and neither page nor log shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from integrations.errors import Problem, WebexUnavailable
from integrations.tokens import Bearer
from integrations.webex import answers, members, rest
from integrations.webex.http import Deadline, Request, send

REPORTS = "/broadworks/billing/reports"
DOWNLOADS = ".webexcontent.com"
LARGEST_REPORT = 32 * 1024 * 1024  # bytes


@dataclass(frozen=True)
class BillingReport:
    id: str
    period: str  # 2026-10
    status: str  # IN_PROGRESS, COMPLETED, FAILED
    created_at: datetime | None
    problems: tuple[Problem, ...]


def reports(bearer: Bearer, *, deadline: Deadline) -> rest.Page[BillingReport]:
    return rest.page(bearer, REPORTS, {"sortBy": "billingPeriod"}, _report, deadline=deadline)


def report(bearer: Bearer, id: str, *, deadline: Deadline) -> BillingReport:
    return _report(rest.call(bearer, "GET", REPORTS + rest.path(id), deadline=deadline).body)


def create(bearer: Bearer, period: str, *, deadline: Deadline) -> str:
    """`period`: YYYY-MM. Returns the id of the report, which is made in the background."""
    body = {"billingPeriod": period}
    answer = rest.call(bearer, "POST", REPORTS, deadline=deadline, body=body).body
    return members.identifier(answer.get("id"))


def remove(bearer: Bearer, id: str, *, deadline: Deadline) -> None:
    rest.call(bearer, "DELETE", REPORTS + rest.path(id), deadline=deadline)


def download(bearer: Bearer, id: str, *, deadline: Deadline) -> bytes:
    """Asks for the report first: its URL is good for a short while."""
    reply = rest.call(bearer, "GET", REPORTS + rest.path(id), deadline=deadline)
    url = members.text(reply.body.get("tempDownloadURL"))
    if not _is_allowed(url):
        raise WebexUnavailable("no report to download", tracking_id=reply.tracking_id)
    answer = send(Request("GET", url, largest=LARGEST_REPORT), deadline)
    if answer.status != 200:
        raise answers.unavailable(answer, None, "the report could not be downloaded")
    return answer.body


def _is_allowed(url: str) -> bool:
    """https on Webex's host for downloads, or the origin of the API."""
    try:
        parts, api = urlsplit(url), urlsplit(settings.WEBEX_API_URL)
    except ValueError:
        return False
    if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
        return True
    is_plain = parts.netloc == parts.hostname  # neither user nor port
    return parts.scheme == "https" and is_plain and parts.netloc.endswith(DOWNLOADS)


def _report(entry: Mapping[str, Any]) -> BillingReport:
    return BillingReport(
        id=members.identifier(entry.get("id")),
        period=members.text(entry.get("billingPeriod")),
        status=members.text(entry.get("status")),
        created_at=members.moment(entry.get("created")),
        problems=answers.problems(entry),
    )
