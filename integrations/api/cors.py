"""Which other front ends may read how their user stands: those of CORS_ORIGINS, and nothing else.

A browser sends the session along only from an origin of the same site (`SameSite=Lax`), so these
are other hosts or ports of the portal's own domain.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

PATH = "/api/v1/standing"


class CorsMiddleware:
    """Before whatever spells Origin anew: a browser compares it byte for byte with its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin")
        response = self.get_response(request)
        if request.path_info == PATH and settings.CORS_ORIGINS:
            patch_vary_headers(response, ["Origin"])
            if origin in settings.CORS_ORIGINS and request.method in ("GET", "HEAD"):
                response["Access-Control-Allow-Origin"] = origin
                response["Access-Control-Allow-Credentials"] = "true"
        return response
