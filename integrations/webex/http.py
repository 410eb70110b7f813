"""One HTTP transport for everything that goes to Webex, on libcurl.

A total deadline, a size cap, no redirects, certificates always checked, and no proxy and no further
authority but those in the settings. Connections are kept alive per thread.
"""

import os
import re
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
import pycurl
from django.conf import settings

from integrations import counting
from integrations.errors import AmbiguousOutcome, WebexUnavailable

CONNECTION = {  # https://curl.se/libcurl/c/libcurl-errors.html
    pycurl.E_COULDNT_RESOLVE_HOST: "the name of Webex is not found",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the name of the proxy is not found",
    pycurl.E_COULDNT_CONNECT: "{reached} refuses connections",
    pycurl.E_OPERATION_TIMEDOUT: "timed out",
    pycurl.E_SSL_CONNECT_ERROR: "{reached} does not speak TLS as we do",
}
CERTIFICATE = {  # X509_V_ERR_… of OpenSSL; libcurl leaves 1 where the name did not match
    1: "the certificate is for another name",
    9: "the certificate is not valid yet: is the clock right?",
    10: "the certificate has expired: is the clock right?",
}
WORD = re.compile(r"|v1|[a-z][A-Za-z_]{0,29}")  # of a path: else it is an id
LARGEST_BODY = 256 * 1024  # bytes; people/me of an administrator is about 4 KB


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    largest: int = LARGEST_BODY  # bytes of the answer


@dataclass
class Answer:
    status: int
    lines: list[bytes] = field(repr=False)  # of the header, as they came
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The last of that name (case does not matter); empty where there is none."""
        found = self.headers(name)
        return found[-1] if found else ""

    def headers(self, name: str) -> list[str]:
        """All of that name, in their order."""
        wanted = name.lower().encode() + b":"
        found = [line[len(wanted) :] for line in self.lines if line.lower().startswith(wanted)]
        return [value.decode("latin-1").strip() for value in found]


class Deadline:
    """What is left of the time that a whole piece of work may take, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        return max(self._ends - time.monotonic(), 0.001)


def send(request: Request, deadline: Deadline | None = None) -> Answer:
    """One call, at most settings.WEBEX_TIMEOUT seconds and never past the deadline.

    Raises WebexUnavailable where nothing was sent or the answer is unusable, AmbiguousOutcome
    where the request was sent and the answer did not arrive whole.
    """
    timeout = settings.WEBEX_TIMEOUT
    curl = _handle()
    prepare(curl, request, min(timeout, deadline.remaining()) if deadline else timeout)
    incoming = Incoming(curl)
    if request.body is not None:
        curl.setopt(pycurl.POSTFIELDS, request.body)
        # On a reused connection libcurl silently sends again what the server may have processed.
        curl.setopt(pycurl.FRESH_CONNECT, 1)
    try:
        curl.perform()
    except pycurl.error as error:
        code = int(error.args[0])
    else:
        return incoming.finish()
    raise failure(curl, code)


def prepare(curl: pycurl.Curl, request: Request, timeout: float) -> None:
    """Everything but the body, which each caller sends in its own way."""
    curl.reset()  # options only; connections stay
    options: dict[int, Any] = {
        pycurl.URL: request.url,
        pycurl.CUSTOMREQUEST: request.method,
        pycurl.HTTPHEADER: [f"{name}: {value}" for name, value in request.headers.items()],
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.TIMEOUT_MS: int(timeout * 1000),
        pycurl.PROTOCOLS: pycurl.PROTO_HTTPS | pycurl.PROTO_HTTP,
        pycurl.FOLLOWLOCATION: 0,
        **_authorities(),
        pycurl.PROXY: settings.WEBEX_PROXY,  # empty: none, whatever the environment says
        pycurl.NOSIGNAL: 1,
        pycurl.MAXFILESIZE: request.largest,  # since libcurl 8.4 also without a Content-Length
    }
    for option, value in options.items():
        curl.setopt(option, value)


def _authorities() -> dict[int, Any]:
    """Whom to trust; an https proxy, too, must show a certificate."""
    if not settings.WEBEX_CA_FILE:
        return {pycurl.CAINFO: certifi.where(), pycurl.PROXY_CAINFO: certifi.where()}
    bundle = _bundle(settings.WEBEX_CA_FILE)
    return {pycurl.CAINFO_BLOB: bundle, pycurl.PROXY_CAINFO_BLOB: bundle}


@cache
def _bundle(further: str) -> bytes:
    return b"\n".join(Path(file).read_bytes() for file in (certifi.where(), further))


class Incoming:
    """Takes in one answer, with nothing but built-in methods called for each piece."""

    def __init__(self, curl: pycurl.Curl) -> None:
        self.curl, self.lines, self.body = curl, list[bytes](), BytesIO()
        curl.setopt(pycurl.HEADERFUNCTION, self.lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, self.body.write)

    def finish(self) -> Answer:
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        _count(self.curl, str(status))
        return Answer(status, self.lines, self.body.getvalue())


def _count(curl: pycurl.Curl, status: str) -> None:
    try:
        parts = urlsplit(curl.getinfo(pycurl.EFFECTIVE_URL)).path.split("/")
    except pycurl.error:  # none that could be called
        return
    route = "/".join(part if WORD.fullmatch(part) else "*" for part in parts)
    seconds = curl.getinfo(pycurl.TOTAL_TIME)
    counting.observe("webex_request_duration_seconds", seconds, route=route, status=status)


def failure(curl: pycurl.Curl, code: int) -> WebexUnavailable:
    _count(curl, "none")
    if code == pycurl.E_FILESIZE_EXCEEDED:
        return WebexUnavailable("answer too large")
    # Not PRETRANSFER_TIME: since libcurl 8 it is set even where the handshake never ended.
    if curl.getinfo(pycurl.REQUEST_SIZE) == 0:
        return WebexUnavailable(f"no connection: {_what_failed(curl, code)}")
    return AmbiguousOutcome("answer lost")


def _what_failed(curl: pycurl.Curl, code: int) -> str:
    """For the person who must find out; no host and no address, so that equal causes look equal."""
    if answered := curl.getinfo(pycurl.HTTP_CONNECTCODE):
        return f"the proxy answered {answered}"
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        found = curl.getinfo(pycurl.SSL_VERIFYRESULT) or curl.getinfo(pycurl.PROXY_SSL_VERIFYRESULT)
        return CERTIFICATE.get(found, "the certificate is not trusted")
    reached = "the proxy" if settings.WEBEX_PROXY else "Webex"
    return CONNECTION.get(code, "error {code} of libcurl").format(reached=reached, code=code)


class _OfThread(threading.local):
    curl: pycurl.Curl | None = None


_of_thread = _OfThread()


def _handle() -> pycurl.Curl:
    _of_thread.curl = _of_thread.curl or pycurl.Curl()
    return _of_thread.curl


def _forget_handles() -> None:
    global _of_thread
    _of_thread = _OfThread()


os.register_at_fork(after_in_child=_forget_handles)  # parent and child must not share sockets
