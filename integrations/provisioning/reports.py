"""Billing reports: what Webex reckons a partner owes for a month, made in the background there.

Asked about when somebody looks, as with `enterprises`: a report takes seconds to minutes, and
nobody needs it who is not looking.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.actions import Action
from integrations.errors import Rejected
from integrations.models.audit_event import AtWebex
from integrations.provisioning.caller import Caller
from integrations.provisioning.recording import at_webex, recorded
from integrations.webex import billing_reports
from integrations.webex.billing_reports import BillingReport

READ = "spark-admin:broadworks_billing_reports_read"
WRITE = "spark-admin:broadworks_billing_reports_write"
RUNNING, READY = "IN_PROGRESS", "COMPLETED"
STATES: dict[str, tuple[str, str | Promise]] = {  # tone and word of a chip
    RUNNING: ("moving", _("Being made")),
    READY: ("good", _("Ready")),
    "FAILED": ("bad", _("Failed")),
}
MONTHS = 12  # that are offered
KEPT = 4.0  # seconds; whoever looks with the same Webex account asks once in this time
PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Download:
    content: bytes
    file_name: str


def months(now: datetime) -> list[date]:
    """Those that can be asked for: the first days of the last ones that are over."""
    found = [now.date().replace(day=1)]
    for _month in range(MONTHS):
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[1:]


def month_of(period: str) -> date | None:
    """None where it is no month."""
    return date.fromisoformat(f"{period}-01") if PERIOD.fullmatch(period) else None


def state(status: str) -> tuple[str, str | Promise]:
    """Tone and word. A status that nobody has documented is shown as it is."""
    return STATES.get(status, ("", status))


def look(caller: Caller) -> tuple[BillingReport, ...]:
    """Asks Webex. The newest month first."""
    items = [each for each in caller.ask(billing_reports.reports).items if each.id]
    found = tuple(sorted(items, key=lambda each: each.period, reverse=True))
    cache.set(_key(caller), found, KEPT)
    return found


def follow(caller: Caller) -> tuple[BillingReport, ...]:
    """As they were some seconds ago: for pages that ask again and again."""
    known: tuple[BillingReport, ...] | None = cache.get(_key(caller))
    return look(caller) if known is None else known


def report(caller: Caller, id: str) -> BillingReport:
    return caller.ask(billing_reports.report, id)


def order(caller: Caller, month: date) -> None:
    period = f"{month:%Y-%m}"
    about = at_webex(caller, "billing report", period, period)
    recorded(
        caller, Action.BILLING_REPORT_ASKED, about,
        lambda: caller.ask(billing_reports.create, period),
    )  # fmt: skip


def remove(caller: Caller, id: str) -> None:
    about = _about(caller, report(caller, id))
    recorded(
        caller, Action.BILLING_REPORT_REMOVED, about,
        lambda: caller.ask(billing_reports.remove, id),
    )  # fmt: skip


def download(caller: Caller, id: str) -> Download:
    """Raises Rejected (409) where it is not ready."""
    found = report(caller, id)
    if found.status != READY:
        raise Rejected(status=409)
    content = recorded(
        caller, Action.BILLING_REPORT_FETCHED, _about(caller, found),
        lambda: caller.ask(billing_reports.download, id),
    )  # fmt: skip
    month = f"-{found.period}" if month_of(found.period) else ""
    return Download(content, f"billing{month}.csv")


def _about(caller: Caller, found: BillingReport) -> AtWebex:
    return at_webex(caller, "billing report", found.period, found.period)


def _key(caller: Caller) -> str:
    """What one Webex account may see, another of the same organisation may not."""
    digest = sha256(caller.grant.person_id.encode()).hexdigest()
    return f"integrations.billing.{caller.grant.app_id}.{digest}"
