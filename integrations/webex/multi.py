"""Many token calls at once over kept-alive connections: the multi handle of the same transport.

The caller feeds it (`add`) and collects what has arrived (`wait`), so it decides itself how many
calls are under way and when their answers are committed.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from typing import Generic, TypeVar

import pycurl

from integrations.errors import WebexUnavailable
from integrations.webex import http
from integrations.webex.http import Answer, Incoming, Request

Key = TypeVar("Key", bound=Hashable)

LONG_ABSENCE = 0.5  # seconds in which nobody read what arrived
LINGER = 0.0005  # seconds: to store many answers at once costs little more than to store one


@dataclass
class _Call(Generic[Key]):
    """One slot: an easy handle that is used again and again."""

    curl: pycurl.Curl
    key: Key | None = None
    incoming: Incoming | None = None
    prepared_for: tuple[str, str] = ("", "")
    patience: float = 0.0  # seconds


class Multi(Generic[Key]):
    def __init__(self, *, timeout: float) -> None:
        self._multi = pycurl.CurlMulti()
        self._timeout = timeout
        self._idle: list[_Call[Key]] = []
        self._busy: dict[pycurl.Curl, _Call[Key]] = {}
        self._last_read = time.monotonic()

    def __enter__(self) -> "Multi[Key]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for call in [*self._busy.values()]:
            self._multi.remove_handle(call.curl)
            call.curl.close()
        for call in self._idle:
            call.curl.close()
        self._multi.close()

    def __len__(self) -> int:
        """How many calls are under way."""
        return len(self._busy)

    def add(self, key: Key, request: Request) -> None:
        call = self._idle.pop() if self._idle else _Call[Key](pycurl.Curl())
        call.key = key
        if call.prepared_for != (request.method, request.url):
            http.prepare(call.curl, request, self._timeout)
            call.prepared_for = (request.method, request.url)
        call.patience, call.incoming = self._timeout, Incoming(call.curl)
        _load(call.curl, request.body or b"")
        self._multi.add_handle(call.curl)
        self._busy[call.curl] = call

    def wait(self, seconds: float) -> list[tuple[Key, Answer | WebexUnavailable]]:
        """What has arrived; waits up to `seconds` where nothing has."""
        arrived = self._forgive_absence() + self._collect()
        if not arrived and self._busy:
            arrived = self._collect(after=seconds)
        ends = time.monotonic() + LINGER
        while arrived and self._busy and (left := ends - time.monotonic()) > 0:
            arrived += self._collect(after=left)
        self._last_read = time.monotonic()
        return arrived

    def _forgive_absence(self) -> list[tuple[Key, Answer | WebexUnavailable]]:
        """While the caller waited for its database, answers came in; they are not late.

        A call that has sent nothing yet ends here: somebody else may have made it meanwhile.
        """
        absence = time.monotonic() - self._last_read
        if absence < LONG_ABSENCE:
            return []
        unsent = [curl for curl in self._busy if curl.getinfo(pycurl.REQUEST_SIZE) == 0]
        ended = [self._finish(curl, pycurl.E_OPERATION_TIMEDOUT) for curl in unsent]
        for call in self._busy.values():
            call.patience += absence
            call.curl.setopt(pycurl.TIMEOUT_MS, int(call.patience * 1000))
            call.prepared_for = ("", "")
        return ended

    def _collect(self, *, after: float = 0) -> list[tuple[Key, Answer | WebexUnavailable]]:
        arrived: list[tuple[Key, Answer | WebexUnavailable]] = []
        if after:
            self._multi.select(after)
        self._multi.perform()
        while True:
            queued, succeeded, failed = self._multi.info_read()
            arrived += [self._finish(curl, None) for curl in succeeded]
            arrived += [self._finish(curl, code) for curl, code, _text in failed]
            if not queued:
                return arrived

    def _finish(self, curl: pycurl.Curl, code: int | None) -> tuple[Key, Answer | WebexUnavailable]:
        call = self._busy.pop(curl)
        self._multi.remove_handle(curl)
        self._idle.append(call)
        key = call.key
        assert key is not None
        assert call.incoming is not None
        if code is None:
            return key, call.incoming.finish()
        return key, http.failure(curl, code)


def _load(curl: pycurl.Curl, body: bytes) -> None:
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.POSTFIELDSIZE, len(body))
    # Read from a stream that cannot be rewound: libcurl then cannot send the body a second time
    # when a kept-alive connection dies, which would spend a refresh token twice.
    curl.setopt(pycurl.READFUNCTION, BytesIO(body).read)
