"""For probes and monitoring: /readyz/, /readyz/background/ and /metrics/."""

import hmac
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest

from integrations import clock
from integrations.database import NOT_READY
from integrations.errors import WrongEncryptionKey
from integrations.operations import health
from integrations.operations import metrics as metrics_of


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 while this process cannot serve. A dead beat takes no web server out."""
    return _answer(lambda: dict(health.check_serving()))


@require_safe
def background(request: HttpRequest) -> JsonResponse:
    """503 while something is missing that renewals need."""
    return _answer(lambda: health.check_serving() | health.check_background(clock.now()))


def _answer(check: Callable[[], dict[str, bool | str]]) -> JsonResponse:
    try:
        parts = check()
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
    found = metrics_of.collect(clock.now())
    return HttpResponse(generate_latest(_Found(found)), content_type=CONTENT_TYPE_LATEST)


class _Found(CollectorRegistry):
    """What was found for this answer: nothing is registered, and nothing is kept."""

    def __init__(self, found: Iterable[Metric]) -> None:
        super().__init__()
        self.found = found

    def collect(self) -> Iterable[Metric]:
        return self.found
