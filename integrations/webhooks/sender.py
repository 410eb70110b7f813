"""Many calls at once to addresses that others chose, on the transport that Webex is asked with.

Straight to the receiver; `webex/guard.py` judges where that is. The status is the whole answer; of
its body no more than a few kilobytes are taken in, and none is kept.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from types import TracebackType
from typing import Any, Generic, TypeVar

import pycurl
from django.conf import settings

from integrations import public_address
from integrations.models import WebhookDelivery
from integrations.webex import answers, http
from integrations.webex.guard import Guard

Key = TypeVar("Key", bound=Hashable)

LARGEST_ANSWER = 8 * 1024  # bytes
HEADERS = {"Content-Type": "application/json", "User-Agent": "webex-portal", "Expect": ""}

Trouble = WebhookDelivery.Trouble
TROUBLE = {
    pycurl.E_COULDNT_RESOLVE_HOST: Trouble.NO_NAME,
    pycurl.E_COULDNT_CONNECT: Trouble.NO_CONNECTION,
    pycurl.E_OPERATION_TIMEDOUT: Trouble.TIMED_OUT,
    pycurl.E_SSL_CONNECT_ERROR: Trouble.NO_TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Trouble.NO_TLS,
}


@dataclass(frozen=True)
class Attempt:
    status: int | None
    trouble: str
    seconds: float
    retry_after: str = ""  # as it came

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == 410

    def asked_to_wait(self, now: datetime) -> timedelta:
        """RFC 9110 section 10.2.3; not longer than an hour."""
        return answers.retry_after(self.retry_after, now=now) or timedelta(0)


class _Call(Generic[Key]):
    """One transfer, and what was seen of it."""

    def __init__(self, key: Key, request: http.Request) -> None:
        self.key, self.curl = key, pycurl.Curl()
        self.lines, self.size = list[bytes](), 0
        http.prepare(self.curl, request, settings.WEBHOOK_TIMEOUT)
        self._guard = Guard(self.curl, is_allowed)
        plain = request.url.startswith("http://")
        own: dict[int, Any] = {
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP if plain else pycurl.PROTO_HTTPS,
            pycurl.HEADERFUNCTION: self.lines.append,
            pycurl.WRITEFUNCTION: self._take,
            pycurl.POST: 1,
            pycurl.POSTFIELDSIZE: len(request.body or b""),
            # Cannot be rewound, so that libcurl sends nothing twice by itself.
            pycurl.READFUNCTION: BytesIO(request.body or b"").read,
        }
        for option, value in own.items():
            self.curl.setopt(option, value)

    def _take(self, piece: bytes) -> int:
        """A short count ends the transfer: the status has come long since."""
        self.size += len(piece)
        return len(piece) if self.size <= LARGEST_ANSWER else 0

    def end(self, code: int | None) -> Attempt:
        status = int(self.curl.getinfo(pycurl.RESPONSE_CODE)) or None
        if status is not None and status < 200:  # only announced
            status = None
        seconds = float(self.curl.getinfo(pycurl.TOTAL_TIME))
        waits = http.Answer(0, self.lines, b"").header("Retry-After")
        trouble = "" if status else self._trouble(code)
        return Attempt(status, trouble, seconds, waits)

    def close(self) -> None:
        self.curl.close()
        self._guard.close()

    def _trouble(self, code: int | None) -> Trouble:
        if self._guard.is_refused:
            return Trouble.NOT_PUBLIC
        return TROUBLE.get(code or 0, Trouble.NO_ANSWER)


def is_allowed(address: str) -> bool:
    """An IP address that was found for a name, or stood in the URL."""
    if settings.WEBHOOK_LOOPBACK and address and public_address.is_loopback(address):
        return True
    return bool(address) and public_address.is_public(address)


class Sender(Generic[Key]):
    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._calls: dict[pycurl.Curl, _Call[Key]] = {}

    def __enter__(self) -> "Sender[Key]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for curl in [*self._calls]:
            self._forget(curl)
        self._multi.close()

    def keys(self) -> list[Key]:
        """What is under way."""
        return [call.key for call in self._calls.values()]

    def add(self, key: Key, url: str, headers: dict[str, str], body: str) -> None:
        headers = {**HEADERS, **headers}
        call = _Call(key, http.Request("POST", url, headers, body.encode()))
        self._calls[call.curl] = call
        self._multi.add_handle(call.curl)

    def wait(self, seconds: float) -> list[tuple[Key, Attempt]]:
        """What has ended; waits up to `seconds` where nothing has."""
        self._multi.perform()
        ended = self._ended()
        ends = time.monotonic() + seconds
        while not ended and self._calls and (left := ends - time.monotonic()) > 0:
            wishes = self._multi.timeout() / 1000  # libcurl's own; negative: none
            self._multi.select(min(left, wishes) if wishes >= 0 else left)
            self._multi.perform()
            ended = self._ended()
        return ended

    def _ended(self) -> list[tuple[Key, Attempt]]:
        ended: list[tuple[Key, Attempt]] = []
        while True:
            queued, taken, failed = self._multi.info_read()
            ended += [self._end(curl, None) for curl in taken]
            ended += [self._end(curl, code) for curl, code, _text in failed]
            if not queued:
                return ended

    def _end(self, curl: pycurl.Curl, code: int | None) -> tuple[Key, Attempt]:
        call = self._calls[curl]
        attempt = call.end(code)
        self._forget(curl)
        return call.key, attempt

    def _forget(self, curl: pycurl.Curl) -> None:
        self._multi.remove_handle(curl)
        self._calls.pop(curl).close()
