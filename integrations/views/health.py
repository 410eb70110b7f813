"""For probes and monitoring: /readyz/ and /metrics/."""

import hmac
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from integrations import clock
from integrations.database import NOT_READY
from integrations.errors import WrongEncryptionKey
from integrations.operations import health
from integrations.plain_text import one_line

LEVELS = "0: all is well, 1: look soon, 2: act now"


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 while something is missing that renewals need. Never asks the broker: heartbeats tell."""
    try:
        parts = health.check_parts(clock.now())
    except NOT_READY:
        parts = {"database": False}
    except WrongEncryptionKey:
        parts = {"database": True, "encryption_key": False}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text format; exists only where METRICS_TOKEN is set, and asks for it."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(
        sent.encode(), settings.METRICS_TOKEN.encode()
    ):
        raise Http404
    registry, report = CollectorRegistry(), health.report(clock.now())
    values = vars(report.figures) | {
        "paused_integrations": len(report.paused),
        "workers": len(report.background.workers),
        "last_sweep_timestamp_seconds": _seconds(report.background.last_sweep_at),
        "trouble_level": report.level.exit_code,  # 1: look soon, 2: act now
        "first_red_timestamp_seconds": _seconds(report.first_red_at),
    }
    for name, value in values.items():
        Gauge(f"webex_{name}", f"See operations/health.py: {name}", registry=registry).set(value)
    each = Gauge("webex_integration_trouble_level", LEVELS, ["integration"], registry=registry)
    for name, level in report.levels.items():
        each.labels(one_line(name)).set(level.exit_code)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
