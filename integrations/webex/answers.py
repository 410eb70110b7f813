"""What an answer of Webex means: pure functions from status, headers and body to a value or error.

Webex answers errors in two shapes, its gateway's and RFC 6749's (contract 4). Status and standard
`error` codes decide; description texts never do, because none of them is documented.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from integrations.errors import (
    AmbiguousOutcome,
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    Locked,
    Problem,
    Refused,
    Rejected,
    TokenLimit,
    WebexError,
    WebexUnavailable,
)
from integrations.scopes import SCOPE
from integrations.tokens import TokenSet
from integrations.webex import members
from integrations.webex.http import Answer

TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
TRACKING_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
UNKNOWN_LIFE = timedelta(days=1)
SHORTEST_LIFE = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=365)
LONGEST_WAIT = timedelta(hours=1)
WITH_BODY, WITHOUT_BODY = (200, 202, 206), (202, 204)
REJECTIONS = (400, 404, 405, 409, 410, 415, 422)
BARE_REFUSAL = "refused without a standard error code"

ERROR_CODES: dict[str, type[WebexError]] = {  # RFC 6749 section 5.2
    "invalid_grant": InvalidGrant,
    "invalid_client": InvalidClient,
    "unauthorized_client": InvalidClient,
}
TOKEN_LIMIT = "tokenlimit_reached"  # noqa: S105
WEBEX_CODES: dict[str, type[WebexError]] = {  # contract 2.3 and 4; in either shape
    TOKEN_LIMIT: TokenLimit,
    "invalid_refresh_token": Refused,
    "invalid_request": Refused,
}


def token_set(answer: Answer, *, sent_at: datetime) -> TokenSet:
    """Judges status, type and shape itself: oauthlib accepts a token in a 500, null, or a list.

    Raises InvalidClient, InvalidGrant, Refused, WebexUnavailable or AmbiguousOutcome.
    """
    verdict = parse_token_answer(answer, sent_at)
    if isinstance(verdict, WebexError):
        raise verdict  # out here: no frame of this traceback holds the body, which may hold tokens
    return verdict


def parse_token_answer(answer: Answer, sent_at: datetime) -> TokenSet | WebexError:
    body = json_object(answer)
    if answer.status in (400, 401) or (answer.status == 200 and body and "error" in body):
        return refusal(answer, body or {})
    if answer.status != 200:
        return unavailable(answer, body, f"token endpoint answered {answer.status}")
    if body is None:
        return _nonsense(answer)
    if not _is_token(body.get("access_token")) or not _is_bearer(body.get("token_type")):
        return unavailable(answer, body, "no usable access token in the answer")
    refresh_token = body.get("refresh_token")
    life, refresh_life = _life(body.get("expires_in")), _life(body.get("refresh_token_expires_in"))
    return TokenSet(
        access_token=body["access_token"],
        access_token_expires_at=sent_at + (UNKNOWN_LIFE if life is None else life),
        refresh_token=refresh_token if _is_token(refresh_token) else None,
        refresh_token_expires_at=sent_at + refresh_life if refresh_life else None,
        scope=_scope(body.get("scope")),
    )


def resource(answer: Answer) -> dict[str, Any]:
    """The JSON object of a REST answer; empty where it has none to say (202, 204).

    Raises Refused (401), InsufficientScope (403), Rejected, Locked (423) or WebexUnavailable
    (anything else).
    """
    body = json_object(answer)
    if answer.status in WITH_BODY and body is not None:
        return body
    if answer.status in WITHOUT_BODY:
        return {}
    raise resource_error(answer, body)


def resource_error(answer: Answer, body: dict[str, Any] | None) -> WebexError:
    facts: Any = {"status": answer.status, "tracking_id": tracking_id(answer, body)}
    if answer.status == 401:
        return Refused("access token refused", **facts)
    if answer.status == 403:
        return InsufficientScope("scope or role missing", **facts)
    if answer.status in REJECTIONS:
        return Rejected(problems=problems(body or {}), **facts)
    error = Locked if answer.status == 423 else WebexUnavailable
    return unavailable(answer, body, "unusable answer", error)


def problems(body: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Entries of `errors`; where there are none, the message stands for them (contract 15)."""
    entries = members.objects(body.get("errors")) or [{"description": body.get("message")}]
    found = (
        Problem(
            code=members.whole_number(entry.get("errorCode", entry.get("code"))),
            text=members.text(entry.get("description")),
            field=members.text(entry.get("fieldName")),
        )
        for entry in entries
    )
    return tuple(each for each in found if each.text or each.code is not None)


def json_object(answer: Answer) -> dict[str, Any] | None:
    media_type = answer.header("Content-Type").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return None
    try:
        body = DECODER.decode(answer.body.decode())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _object_without_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    if len(dict(pairs)) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


DECODER = json.JSONDecoder(object_pairs_hook=_object_without_duplicates)


def refusal(answer: Answer, body: dict[str, Any]) -> WebexError:
    code = body.get("error")
    if isinstance(code, str) and code in ERROR_CODES:
        error = ERROR_CODES[code]
    else:
        code = documented_code(body, WEBEX_CODES)
        error = WEBEX_CODES.get(code, Refused)
    return error(code or BARE_REFUSAL, status=answer.status, tracking_id=tracking_id(answer, body))


def documented_code(body: dict[str, Any], known: Collection[str]) -> str:
    """In the gateway's shape a documented code stands where a sentence would; else empty."""
    entries = body.get("errors")
    first = entries[0] if isinstance(entries, list) and entries else None
    description = first.get("description") if isinstance(first, dict) else None
    candidates = (body.get("error"), description, body.get("message"))
    return next((text for text in candidates if isinstance(text, str) and text in known), "")


def unavailable(
    answer: Answer,
    body: dict[str, Any] | None,
    reason: str,
    kind: type[WebexUnavailable] = WebexUnavailable,
) -> WebexUnavailable:
    error = kind(reason, status=answer.status, tracking_id=tracking_id(answer, body))
    sent = http_date(answer.header("Date")) or datetime.now(UTC)  # by one clock, theirs
    error.retry_after = retry_after(answer.header("Retry-After"), now=sent)
    return error


def _nonsense(answer: Answer) -> WebexUnavailable:
    """A JSON object cut short is an answer lost on the way; anything else never was an answer."""
    if answer.body.lstrip().startswith(b"{") and not answer.body.rstrip().endswith(b"}"):
        return AmbiguousOutcome("answer cut short", status=answer.status)
    return unavailable(answer, None, "the answer is not a JSON object")


def retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110 section 10.2.3), capped; None where it is neither."""
    header = (header or "").strip()
    if header.isascii() and header.isdigit():
        return timedelta(seconds=min(int(header[:9]), LONGEST_WAIT.total_seconds()))
    moment = http_date(header)
    return min(max(moment - now, timedelta(0)), LONGEST_WAIT) if moment else None


def http_date(header: str) -> datetime | None:
    """All three forms of RFC 9110 section 5.6.7; the last one names no zone, it is UTC."""
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def tracking_id(answer: Answer, body: dict[str, Any] | None) -> str:
    candidates = ((body or {}).get("trackingId"), answer.header("trackingId"))
    for candidate in candidates:
        if isinstance(candidate, str) and TRACKING_ID.fullmatch(candidate):
            return candidate
    return ""


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and TOKEN.fullmatch(value) is not None


def _is_bearer(token_type: Any) -> bool:
    """Webex leaves `token_type` out of some answers."""
    return token_type is None or (isinstance(token_type, str) and token_type.lower() == "bearer")


def _life(seconds: Any) -> timedelta | None:
    """Seconds as a clamped duration, zero being over now; None where it is absent or no number."""
    if isinstance(seconds, str) and SECONDS.fullmatch(seconds):
        seconds = float(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if seconds == 0 or (isinstance(seconds, float) and math.isnan(seconds)):
        return timedelta(0) if seconds == 0 else None
    longest = LONGEST_LIFE.total_seconds()
    return timedelta(seconds=max(min(seconds, longest), SHORTEST_LIFE.total_seconds()))


def _scope(value: Any) -> frozenset[str] | None:
    """Words no scope can be are dropped: a NUL would keep the whole renewal out of the database."""
    if not isinstance(value, str) or not value.strip():
        return None
    return frozenset(word for word in value.split() if SCOPE.fullmatch(word))
