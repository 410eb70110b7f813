"""The device authorization grant (RFC 8628) as Webex speaks it (contract 5): start, and one poll.

https://developer.webex.com/create/docs/login-with-webex
"""

import base64
import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from integrations.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredDeviceCode,
    InvalidClient,
    InvalidGrant,
    NoRefreshToken,
    SlowDown,
    WebexError,
)
from integrations.tokens import TokenSet
from integrations.webex import answers
from integrations.webex.http import Answer, Deadline, Request, send
from integrations.webex.oauth import Client

# Webex finishes the grant on its own pages. An integration must register all four as redirect URIs.
HELPER_URIS = tuple(
    f"https://oauth-helper-{region}.wbx2.com/helperservice/v1/actions/device/callback"
    for region in "arkd"
)
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
OPENID_SCOPES = frozenset({"openid", "email", "profile", "phone", "address"})  # not in this grant
DEFAULT_INTERVAL, LONGEST_INTERVAL = 5, 60  # seconds
DEFAULT_LIFE, LONGEST_LIFE = 300, 1800  # seconds
DEVICE_CODE = re.compile(r"[\x21-\x7e]{1,500}")
USER_CODE = re.compile(r"[A-Za-z0-9-]{1,50}")
PLAIN_URI = re.compile(r"[A-Za-z0-9._~:/?&=%+-]{1,500}")

# RFC 8628 section 3.5, and what Webex's own page lists beside it.
ERROR_CODES: dict[str, type[WebexError]] = {
    "authorization_pending": AuthorizationPending,
    "slow_down": SlowDown,
    "access_denied": AccessDenied,
    "expired_token": ExpiredDeviceCode,
    "invalid_grant": InvalidGrant,
    "invalid_client": InvalidClient,
    "unauthorized_client": InvalidClient,
}


@dataclass(frozen=True)
class DeviceCode:
    """RFC 8628 section 3.2, the life as a moment. The device code never leaves the server."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    verification_uri: str
    verification_uri_complete: str = field(repr=False)
    expires_at: datetime
    interval: int  # seconds


def authorize(
    client_id: str, scopes: list[str], *, sent_at: datetime, deadline: Deadline
) -> DeviceCode:
    """RFC 8628 section 3.1. Raises InvalidClient, InvalidGrant, Refused or WebexUnavailable."""
    wanted = [scope for scope in scopes if scope not in OPENID_SCOPES]
    form = {"client_id": client_id, "scope": " ".join(wanted)}
    answer = _post("/device/authorize", form, deadline)
    body = answers.json_object(answer)
    if answer.status in (400, 401):
        raise answers.refusal(answer, body or {})
    code = _device_code(body, sent_at) if answer.status == 200 and body else None
    if code is None:
        raise answers.unavailable(answer, body, "no usable device code in the answer")
    return code


def poll(client: Client, device_code: str, *, sent_at: datetime, deadline: Deadline) -> TokenSet:
    """RFC 8628 section 3.4. Raises one of ERROR_CODES, or what `answers.token_set` raises."""
    credentials = base64.b64encode(f"{client.id}:{client.secret}".encode()).decode()
    form = {"grant_type": GRANT_TYPE, "device_code": device_code, "client_id": client.id}
    answer = _post("/device/token", form, deadline, Authorization=f"Basic {credentials}")
    error = _refusal(answer)
    if error is not None:
        raise error
    tokens = answers.token_set(answer, sent_at=sent_at)
    if tokens.refresh_token is None:
        raise NoRefreshToken("no refresh token in the answer", status=answer.status)
    return tokens


def _post(path: str, form: dict[str, str], deadline: Deadline, **headers: str) -> Answer:
    headers |= {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    return send(Request("POST", settings.WEBEX_API_URL + path, headers, body), deadline)


def _refusal(answer: Answer) -> WebexError | None:
    """Both shapes. In the gateway's, a documented code stands where a sentence would."""
    body = answers.json_object(answer) or {}
    code = answers.documented_code(body, ERROR_CODES)
    error = ERROR_CODES.get(code) if answer.status != 429 and answer.status < 500 else None
    if error is None and answer.status == 428:
        error = AuthorizationPending
    if error is None:
        return None
    tracking_id = answers.tracking_id(answer, body)
    return error(code, status=answer.status, tracking_id=tracking_id)


def _device_code(body: dict[str, Any], sent_at: datetime) -> DeviceCode | None:
    device_code, user_code = body.get("device_code"), body.get("user_code")
    uri = body.get("verification_uri")
    complete = body.get("verification_uri_complete") or uri
    if not _matches(DEVICE_CODE, device_code) or not _matches(USER_CODE, user_code):
        return None
    if not is_allowed(uri) or not is_allowed(complete):
        return None
    life = _seconds(body.get("expires_in"), default=DEFAULT_LIFE, longest=LONGEST_LIFE)
    return DeviceCode(
        device_code=str(device_code),
        user_code=str(user_code),
        verification_uri=str(uri),
        verification_uri_complete=str(complete),
        expires_at=sent_at + timedelta(seconds=life),
        interval=_seconds(body.get("interval"), default=DEFAULT_INTERVAL, longest=LONGEST_INTERVAL),
    )


def is_allowed(uri: Any) -> bool:
    """Whether people may be sent there: https on an allowed host, or the origin of the API."""
    if not _matches(PLAIN_URI, uri):
        return False
    try:
        parts, api = urlsplit(str(uri)), urlsplit(settings.WEBEX_API_URL)
        port = parts.port
    except ValueError:
        return False
    if (parts.scheme, parts.netloc) == (api.scheme, api.netloc):
        return True
    return parts.scheme == "https" and port in (None, 443) and _is_known(parts.hostname or "")


def _is_known(host: str) -> bool:
    """In a pattern, `*` stands for a part of one label."""
    patterns = (
        re.escape(each).replace(r"\*", "[a-z0-9-]+") for each in settings.WEBEX_VERIFICATION_HOSTS
    )
    return any(re.fullmatch(pattern, host) for pattern in patterns)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _seconds(value: Any, *, default: int, longest: int) -> int:
    """At least one, whole; the default where it is absent, zero, negative or no number."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return default
    return math.ceil(min(value, longest))
