"""Pages: templates with automatic escaping, their headers, error pages and the static files.

Templates get strings, lists and booleans only: formatting a number would need Django's settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.template import Context, Engine
from django.utils import translation

from integrations.sandbox.core.http import Refusal, Request, Response, Routes
from integrations.sandbox.core.state import State

routes = Routes()
HERE = Path(__file__).parent.parent
# No form-action: Accept answers with a redirect to the portal, which it would block.
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STATIC_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}


def speak_to(request: Request) -> None:
    """In the first language of this browser that there is, as Webex does. Programs ask for none."""
    if wanted := request.headers.get("accept-language"):
        asked: Any = SimpleNamespace(COOKIES={}, META={"HTTP_ACCEPT_LANGUAGE": wanted})
        translation.activate(translation.get_language_from_request(asked))


def page(name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    text = engine().get_template(name).render(Context(dict(context)))
    return Response(status, text.encode(), dict(PAGE_HEADERS))


def english_page(name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """For developers: like developer.webex.com in English only, and then all of the page."""
    with translation.override("en"):
        return page(name, context, status)


@cache
def engine() -> Engine:
    libraries = {"i18n": "django.templatetags.i18n"}
    return Engine(dirs=[str(HERE / "templates")], libraries=libraries)


class PageError(Refusal):
    """A refusal people see, on a page of its own. `uris` are what the sandbox, unlike Webex, adds
    for developers: what has to be registered, and what is missing of it.
    """

    def __init__(
        self, status: int, title: str, text: str, uris: Sequence[Mapping[str, object]] = ()
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text
        self.uris = uris

    def response(self, request: Request) -> Response:
        context = {"title": self.title, "text": self.text, "uris": self.uris}
        return page("error.html", context, self.status)


def check_origin(request: Request) -> None:
    """Refuse a form that a page of another site sends. There is no cookie to steal, but there is
    state to change."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise PageError(403, "Refused", "This form was sent by a page of another site.")


@routes("GET", "/sandbox/static/{}")
def static(state: State, request: Request, name: str) -> Response:
    file = HERE / "static" / name
    content_type = STATIC_TYPES.get(name.rpartition(".")[2])
    if content_type is None or not file.is_file():
        raise PageError(404, "Not found", "There is no such file.")
    headers = {"Content-Type": content_type, "X-Content-Type-Options": "nosniff"}
    return Response(200, file.read_bytes(), headers | {"Cache-Control": "no-cache"})
