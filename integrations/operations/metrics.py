"""What Prometheus is told: counters of all processes together, and how things stand now.

Each process keeps what it counted to itself (`counting.py`) and adds it to the database now and
then, so whichever web process is asked answers for the fleet: no port on workers, no shared folder,
no files of processes that are gone. A kill loses the counts of at most EVERY seconds.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import connection, models
from prometheus_client import Metric

from integrations import clock, counting
from integrations.counting import BUCKETS, Labels
from integrations.database import NOT_READY
from integrations.models import (
    AppIncident,
    Count,
    DeviceAuthorization,
    GrantEvent,
    WebhookDelivery,
    WebhookEndpoint,
)  # fmt: skip
from integrations.operations import health
from integrations.plain_text import one_line

EVERY = 15.0  # seconds

COUNTERS = {
    "webex_renewals": "Renewals by integration and outcome",
    "webex_unknown_codes": "Error codes of Webex, as often as shown, that our catalogue lacks",
    "webex_mails": "Mails to users and operators by outcome",
    "portal_webhook_deliveries": "Attempts to deliver events to other systems, by outcome",
}
HISTOGRAMS = {
    "portal_http_request_duration_seconds": "Requests to the portal by route, method and status",
    "webex_request_duration_seconds": "Calls to Webex by route and status; none: no answer came",
    "portal_task_wait_seconds": "From the publishing of a task to its start",
    "portal_task_duration_seconds": "Tasks by name and outcome",
}
LEVELS = "0: all is well, 1: look soon, 2: act now"
RATIO = "What renewals take of the rate limit, by the lives of their tokens; 0: no limit"
MOMENTS = {
    "last_sweep": "When what is due was last looked for; 0: never",
    "last_beat": "The clock's last sign of life; 0: never",
    "first_red": "When the first badge turns red if nothing were renewed; 0: never",
}


def keep_telling() -> None:
    """Starts a thread that tells the database, in each process that counts, after its fork."""
    threading.Thread(target=_tell_for_ever, name="metrics", daemon=True).start()


def tell() -> None:
    """Adds what this process counted. While the database is away it waits for the next time."""
    if not (counts := counting.take()):
        return
    try:
        Count.objects.add(counts, now=clock.now())
    except NOT_READY:
        counting.give_back(counts)


def _tell_for_ever() -> None:
    pause = threading.Event()
    while not pause.wait(EVERY):
        tell()
        connection.close()  # it would be one more for each process, unused but for a moment


def collect(now: datetime) -> Iterator[Metric]:
    yield from _counted()
    yield from _standing(now)


# --- Counters ------------------------------------------------------------------------------------


def _counted() -> Iterator[Metric]:
    found: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
    for (name, labels), value in Count.objects.each():
        found[name][labels] = value
    for name, text in COUNTERS.items():
        metric = Metric(name, text, "counter")
        for labels, value in found[name].items():
            metric.add_sample(f"{name}_total", dict(labels), value)
        yield metric
    for name, text in HISTOGRAMS.items():
        metric = Metric(name, text, "histogram")
        for labels, total in found[f"{name}_sum"].items():
            _add_histogram(metric, dict(labels), found[f"{name}_bucket"], total)
        yield metric


def _add_histogram(
    metric: Metric, labels: dict[str, str], buckets: dict[Labels, float], total: float
) -> None:
    below = 0.0
    for bound in BUCKETS:
        up_to = {**labels, "le": bound}
        below += buckets.get(tuple(up_to.items()), 0.0)
        metric.add_sample(f"{metric.name}_bucket", up_to, below)
    metric.add_sample(f"{metric.name}_count", labels, below)
    metric.add_sample(f"{metric.name}_sum", labels, total)


# --- How things stand ----------------------------------------------------------------------------


def _standing(now: datetime) -> Iterator[Metric]:
    report = health.report(now)
    figures, background = report.figures, report.background
    grants = {
        "linked": figures.linked,
        "needs_user": figures.needs_user,
        "failing": figures.failing,
        "due": figures.due_now,
        "overdue": figures.overdue,
    }
    yield _gauges("webex_grants", "Grants by state; overdue: due for over an hour", "state", grants)
    since = figures.waiting_since
    age = (now - since).total_seconds() if since else 0.0
    yield _gauge("webex_oldest_due_age_seconds", "Of the grant that is due, or fails, longest", age)
    waiting = {
        "operators": AppIncident.objects.untold().count(),
        "users": GrantEvent.objects.untold().count(),
    }
    waiting["operators"] += WebhookEndpoint.objects.untold().count()
    yield _gauges("webex_notices_waiting", "Mails to be sent, by whom they are for", "to", waiting)
    yield from _webhooks(now)
    pending = DeviceAuthorization.objects.pending().count()
    yield _gauge("webex_device_logins_pending", "Device logins that a worker polls for", pending)
    incidents = AppIncident.objects.filter(ended_at=None).count()
    yield _gauge("webex_incidents_open", "Integrations in an incident", incidents)
    yield _gauge("webex_paused_integrations", "Integrations that ask nothing", len(report.paused))
    levels = {one_line(name): level.exit_code for name, level in report.levels.items()}
    yield _gauges("webex_integration_trouble_level", LEVELS, "integration", levels)
    shares = {one_line(name): share for name, share in report.shares.items()}
    yield _gauges("webex_rate_limit_used_ratio", RATIO, "integration", shares)
    yield _gauge("webex_trouble_level", LEVELS, report.level.exit_code)
    yield _gauge("webex_workers", "Workers seen in five minutes", len(background.workers))
    gone = "Workers seen within a day that nobody stopped or replaced"
    yield _gauge("webex_workers_gone", gone, len(background.gone))
    moments = {
        "last_sweep": background.last_sweep_at,
        "last_beat": background.beat_at,
        "first_red": report.first_red_at,
    }
    for name, moment in moments.items():
        value = moment.timestamp() if moment else 0
        yield _gauge(f"webex_{name}_timestamp_seconds", MOMENTS[name], value)


def _webhooks(now: datetime) -> Iterator[Metric]:
    waiting = WebhookDelivery.objects.waiting().filter(endpoint__is_enabled=True)
    backlog = waiting.aggregate(n=models.Count("pk"), oldest=models.Min("created_at"))
    age = (now - backlog["oldest"]).total_seconds() if backlog["oldest"] else 0.0
    yield _gauge(
        "portal_webhook_backlog", "Events that wait for receivers that are on", backlog["n"]
    )
    yield _gauge("portal_webhook_backlog_age_seconds", "Of the event that waits longest", age)
    off = WebhookEndpoint.objects.exclude(off_reason="").count()
    yield _gauge("portal_webhooks_off", "Receivers that were switched off by themselves", off)


def _gauge(name: str, text: str, value: float) -> Metric:
    metric = Metric(name, text, "gauge")
    metric.add_sample(name, {}, value)
    return metric


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = Metric(name, text, "gauge")
    for of, value in values.items():
        metric.add_sample(name, {label: of}, value)
    return metric
