"""One authorised JSON call to Webex's REST API, and lists that come in pages (contract 8.1, 15).

Each raises Refused (401), InsufficientScope (403), Rejected, Locked (423) or WebexUnavailable; a
write whose answer was lost or is no use raises AmbiguousOutcome: Webex may have acted.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode, urljoin, urlsplit

from django.conf import settings

from integrations.errors import AmbiguousOutcome, Rejected, WebexUnavailable
from integrations.tokens import Bearer
from integrations.webex import answers, members
from integrations.webex.http import LARGEST_BODY, Answer, Deadline, Request, send

logger = logging.getLogger(__name__)

LARGEST_LIST = 1024 * 1024  # bytes; 100 subscribers are about 80 KB
NEXT = re.compile(r"<([^<>]*)>[^<]*;\s*rel=\"?next\b")  # RFC 8288 section 3
JSON = "application/json;charset=utf-8"

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list. `next_url` is empty on the last one; there is no count of all."""

    items: tuple[T, ...]
    next_url: str = ""


@dataclass(frozen=True)
class Reply:
    body: dict[str, Any]
    tracking_id: str


def path(*segments: str) -> str:
    """Ids are opaque: whatever is in them, each stays one segment. Raises Rejected for those that
    would lead to another place (RFC 3986 section 5.2.4): nothing has such an id.
    """
    if not {"", ".", ".."}.isdisjoint(segments):
        raise Rejected("no such id", status=404)
    return "".join("/" + quote(segment, safe="") for segment in segments)


def call(
    bearer: Bearer,
    method: str,
    path: str,
    *,
    deadline: Deadline,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Reply:
    url = settings.WEBEX_API_URL + path + (f"?{urlencode(query)}" if query else "")
    answer = _send(bearer, method, url, deadline, body, LARGEST_BODY)
    reply = Reply(_resource(answer, method), answers.tracking_id(answer, None))
    if method != "GET":  # what was changed can be asked about at Cisco
        logger.info("Webex did %s %s: %s", method, path, reply.tracking_id or "no tracking id")
    return reply


def page(
    bearer: Bearer,
    path: str,
    query: Mapping[str, str],
    item: Callable[[Mapping[str, Any]], T],
    *,
    deadline: Deadline,
) -> Page[T]:
    """The first page. What is empty in `query` is not asked for."""
    wanted = urlencode({name: value for name, value in query.items() if value})
    return next_page(bearer, f"{settings.WEBEX_API_URL}{path}?{wanted}", item, deadline=deadline)


def next_page(
    bearer: Bearer, url: str, item: Callable[[Mapping[str, Any]], T], *, deadline: Deadline
) -> Page[T]:
    """`url` is the `next_url` of the page before, as it is: nobody computes offsets."""
    if not is_ours(url):
        raise WebexUnavailable("the next page is not on the host of the API")
    answer = _send(bearer, "GET", url, deadline, None, LARGEST_LIST)
    found = members.objects(answers.resource(answer).get("items"))
    return Page(tuple(map(item, found)), _next_url(answer, url))


def is_ours(url: str) -> bool:
    """Whether the bearer may be sent there."""
    try:
        parts, api = urlsplit(url), urlsplit(settings.WEBEX_API_URL)
    except ValueError:
        return False
    same_origin = (parts.scheme, parts.netloc.lower()) == (api.scheme, api.netloc)
    return same_origin and parts.path.startswith(api.path + "/") and url.isascii()


def _send(
    bearer: Bearer,
    method: str,
    url: str,
    deadline: Deadline,
    body: Mapping[str, Any] | None,
    largest: int,
) -> Answer:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {bearer.value}"}
    # Never None for a write: only with a body libcurl will not silently send it a second time.
    content = None if method == "GET" else b""
    if body is not None:
        headers["Content-Type"], content = JSON, json.dumps(body).encode()
    request = Request(method, url, headers, content, largest)
    del headers  # so that no traceback from here on shows the token
    return send(request, deadline)


def _resource(answer: Answer, method: str) -> dict[str, Any]:
    try:
        return answers.resource(answer)
    except WebexUnavailable as error:
        is_unclear = answer.status >= 500 or 200 <= answer.status < 300
        if method == "GET" or not is_unclear:
            raise
        unclear = AmbiguousOutcome(
            "no usable answer", status=error.status, tracking_id=error.tracking_id
        )
        unclear.retry_after = error.retry_after
    raise unclear


def _next_url(answer: Answer, url: str) -> str:
    """Empty on the last page. What is no URL stays as it is: `is_ours` refuses it."""
    found = NEXT.search(", ".join(answer.headers("Link")))
    try:
        return urljoin(url, found[1]) if found else ""
    except ValueError:
        return found[1] if found else ""
