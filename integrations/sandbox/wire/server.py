"""The HTTP server: reads requests, dispatches them under the state's lock, applies latency and
faults, and sends each answer in one piece.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from integrations.sandbox.core.faults import Fault, send_broken
from integrations.sandbox.core.http import ApiError, Refusal, Request, Response, Route, find
from integrations.sandbox.core.ledger import Call
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import PageError, speak_to

logger = logging.getLogger("integrations.sandbox")
MAX_BODY = 1_000_000


class SandboxServer(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, host: str, port: int, *, state: State, routes: Sequence[Route]) -> None:
        self.state = state
        self.routes = routes
        self.is_loopback = is_loopback(host)
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Connection)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's own would look the host name up
        self.server_port = self.server_address[1]

    def stop(self) -> None:
        """Stop listening and hang up on every client."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def opened(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("A connection broke.", exc_info=True)

    def serves(self, host: str) -> bool:
        """A page of another site can point its own name at this machine (DNS rebinding)."""
        name = re.sub(r":\d+$", "", host).strip("[]")
        return not self.is_loopback or is_loopback(name) or name == self.state.sign_in_host

    def dispatch(self, request: Request) -> Response:
        speak_to(request)
        try:
            with self.state.lock:
                handler, segments = find(self.routes, request)
                return handler(self.state, request, *segments)
        except Refusal as refusal:
            if isinstance(refusal, ApiError) and not _speaks_json(request):
                return PageError(refusal.status, _("That did not work"), refusal.message).response(
                    request
                )
            return refusal.response(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return ApiError(500, "The sandbox has a defect.").response(request)


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "WebexSandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300
    server: SandboxServer

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def answer(self) -> None:
        request = self._read()
        if request is None:
            return
        state = self.server.state
        with state.lock:
            call = state.ledger.arrived(request, at=state.now(), tokens=state.tokens)
            fault = state.faults.take(call) if request.is_webex else None
        try:
            self._reply(request, call, fault)
        except OSError:
            self.close_connection = True  # the client hung up
        finally:
            state.ledger.leaving(call)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def _reply(self, request: Request, call: Call, fault: Fault | None) -> None:
        response = self._faulty(request, fault) if fault else self.server.dispatch(request)
        if request.is_api:
            self._wait(self.server.state.scenario.latency)
        if fault is None or fault.cut != "before_status":
            call.status = response.status
        logger.info("%s %s %s", request.method, quote(request.path, safe="/%"), call.status)
        self._send(request, response, call=call, fault=fault)

    def _faulty(self, request: Request, fault: Fault) -> Response:
        if not fault.after:
            self._wait(fault.delay)
        real = self.server.dispatch(request) if fault.is_processed else None
        if fault.after:
            self._wait(fault.delay)
        return fault.change(real)

    def _wait(self, seconds: float) -> None:
        if seconds and self.server.stopping.wait(seconds):
            raise ConnectionAbortedError

    def _send(
        self, request: Request, response: Response, *, call: Call, fault: Fault | None
    ) -> None:
        if fault and fault.is_broken_off:
            self.close_connection = True
        headers = self._headers(request, response, fault)
        head = "\r\n".join([response.status_line, *(f"{k}: {v}" for k, v in headers.items())])
        payload = head.encode("latin-1", "replace") + b"\r\n\r\n"
        body = b"" if request.method == "HEAD" else response.body

        def leaving() -> None:
            self.server.state.ledger.leaving(call)

        if fault and fault.is_broken_off:
            send_broken(
                self.connection,
                payload,
                body,
                fault=fault,
                stopping=self.server.stopping,
                leaving=leaving,
            )
            if fault.cut:
                self.connection.close()  # before the orderly shutdown, so that it is a reset
            return
        leaving()
        self.connection.sendall(payload + body)

    def _headers(self, request: Request, response: Response, fault: Fault | None) -> dict[str, str]:
        headers = {"Date": self.date_time_string(), "Server": self.server_version}
        headers |= {"Cache-Control": "no-store"} | response.headers
        if request.is_api:
            headers["trackingId"] = request.tracking_id
        if response.status != 204:
            headers["Content-Length"] = str(len(response.body))
        if fault is not None:
            self._change(headers, fault)
        if self.close_connection:
            headers["Connection"] = "close"
        return headers

    def _change(self, headers: dict[str, str], fault: Fault) -> None:
        dropped = {"content-length": None} if fault.endless else {}
        for name, value in {**dropped, **fault.headers}.items():
            for present in [key for key in headers if key.lower() == name.lower()]:
                del headers[present]
            if value is not None:
                headers[name] = value
            if name.lower() in ("content-length", "transfer-encoding"):
                self.close_connection = True  # where the body ends is no longer sure

    def _read(self) -> Request | None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not self.server.serves(headers.get("host", "")):
            self._refuse(421, "The sandbox does not serve this host name.")
            return None
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isascii() or not length.isdigit():
            self._refuse(411, "Send a Content-Length.")
            return None
        if int(length) > MAX_BODY:
            self._refuse(413, "The body is too large.")
            return None
        body = self.rfile.read(int(length))
        return Request(self.command, self.path, headers, body, self.client_address[0])

    def _refuse(self, status: int, message: str) -> None:
        self.close_connection = True
        body = message.encode()
        head = f"{Response(status).status_line}\r\nContent-Type: text/plain\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.connection.sendall(head.encode() + body)

    def log_message(self, format: str, *args: Any) -> None:
        """The base class would log the query, which holds codes."""


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _speaks_json(request: Request) -> bool:
    if request.is_api or request.path in ("/authorize", "/sandbox/healthz"):
        return True
    return request.path.startswith("/sandbox/") and request.path != "/sandbox/"
