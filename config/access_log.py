"""A line and a measurement for each request: who asked what, how it ended and how long it took."""

import logging
import time
from collections.abc import Callable

from django.http import HttpResponse

from accounts.client_ip import client_ip
from integrations import counting
from integrations.middleware import PROBES
from integrations.portal_request import PortalRequest

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LINE = '%s "%s %s" %s %.0f ms user=%s brand=%s'  # the path alone: no query, so no code or state


class AccessLogMiddleware:
    def __init__(self, get_response: Callable[[PortalRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        seconds = time.monotonic() - began
        _measure(request, response, seconds)
        if request.path not in PROBES:
            _log(request, response, seconds)
        return response


def _measure(request: PortalRequest, response: HttpResponse, seconds: float) -> None:
    """By the route's pattern, of which there are as many as lines in the URLconf."""
    found = request.resolver_match
    counting.observe(
        "portal_http_request_duration_seconds",
        seconds,
        route=found.route if found else "none",
        method=request.method if request.method in METHODS else "other",
        status=str(response.status_code),
    )


def _path(request: PortalRequest) -> str:
    """Without the token of a link that was sent to somebody."""
    found = request.resolver_match
    token = found.kwargs.get("token") if found else None
    return request.path.replace(token, "…") if token else request.path


def _log(request: PortalRequest, response: HttpResponse, seconds: float) -> None:
    user = getattr(request, "_cached_user", None)  # only if somebody asked: no query for a line
    brand = getattr(request, "brand", None)
    facts = {
        "client": client_ip(request),
        "method": request.method,
        "path": _path(request),
        "status": response.status_code,
        "seconds": round(seconds, 4),
        "user_id": user.pk if user else None,
        "brand_id": brand.pk if brand else None,
    }
    client, method, path, status, _seconds, user_id, brand_id = facts.values()
    values = client, method, path, status, seconds * 1000, user_id, brand_id
    logger.info(LINE, *values, extra=facts)
