"""Every answer speaks a language, also those of the guards before any view."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts import languages
from integrations.database import AWAY

# Nobody's session is read for what programs ask, and for what a cache may keep for everybody.
NOBODYS = ("/api/", "/brand/", "/healthz/", "/readyz/", "/metrics/")


class LanguageMiddleware:
    """At first the browser's; whose page it is, and of which brand, is known before its view.

    Nothing is put back at the end, as in Django's own: an answer may still be streaming then, and
    the next request of this thread begins here again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(languages.first_offered(_browsers(request)))
        response = self.get_response(request)
        if "public" not in response.get("Cache-Control", ""):
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            patch_vary_headers(response, ("Accept-Language",))
        return response

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        if not request.path_info.startswith(NOBODYS):
            speak_to(request)


def speak_to(request: HttpRequest) -> None:
    brand = getattr(request, "brand", None)
    wishes = (_chosen(request), _browsers(request), brand and brand.language)
    translation.activate(languages.first_offered(*wishes))


def _chosen(request: HttpRequest) -> str:
    try:
        return getattr(request.user, "language", "")
    except AWAY:
        return ""  # the view will say that the portal is not ready


def _browsers(request: HttpRequest) -> str:
    return languages.of_browser(request.headers.get("Accept-Language", ""))
