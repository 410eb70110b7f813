"""Lists: `max`, the opaque `offset` of the next page, and its Link header (contract 8.1, 15)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from integrations.sandbox.core.http import Request, Response, json_answer
from integrations.sandbox.webex.answers import malformed

R = TypeVar("R")


def asked_max(request: Request, *, default: int, limit: int) -> int:
    """What is above the limit is clamped, not refused. Raises ApiError 400."""
    text = request.query.get("max", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) == 0:
        raise malformed("max is a number.", "max")
    return min(int(text), limit)


def asked_start(request: Request) -> int:
    """The place where this page begins. Raises ApiError 400."""
    offset = request.query.get("offset")
    if offset is None:
        return 0
    try:
        place = int(base64.urlsafe_b64decode(offset.encode()).removeprefix(b"place:"))
    except ValueError:
        place = -1
    if place < 0:
        raise malformed("offset is wrong.", "offset")
    return place


def page_of(
    request: Request,
    rows: Iterator[R],
    describe: Callable[[R], Any],
    *,
    size: int,
    place_of: Callable[[R], int],
) -> Response:
    """One page; a full one has a next one, which may turn out to be empty."""
    chosen = list(islice(rows, size))
    answer = json_answer({"items": [describe(row) for row in chosen]})
    if len(chosen) == size:
        answer.headers["Link"] = f'<{_next(request, place_of(chosen[-1]) + 1)}>; rel="next"'
    return answer


def _next(request: Request, place: int) -> str:
    offset = base64.urlsafe_b64encode(f"place:{place}".encode()).decode()
    kept = [(name, value) for name, value in request.query.pairs if name != "offset"]
    return f"http://{request.host}{request.path}?{urlencode([*kept, ('offset', offset)])}"
