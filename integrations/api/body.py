"""How a body is read: it says that it is JSON, and a name that stands twice is refused, for whoever
looked at it on its way here may have gone by the other one (RFC 8259 section 4)."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from integrations.api.problems import Problem


class StrictParser(Parser):
    """Raises ValueError and Problem; the library makes an HttpError of each."""

    def parse_body(self, request: HttpRequest) -> Any:
        check_type(request)
        return json.loads(request.body, object_pairs_hook=_named_once)


def check_type(request: HttpRequest) -> None:
    """Raises Problem (RFC 9110 section 15.5.16)."""
    if request.content_type != "application/json":
        text = _("Send the body as JSON, with “Content-Type: application/json”.")
        raise Problem(415, "unsupported_media_type", text)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
