"""A receiver of webhooks, as others build them: a small server that can misbehave in every way."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

MEGABYTE = b"x" * 1024 * 1024


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    answer: int | str = 204  # or "slow", "endless", "silent"
    headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)  # of these, what was answered with 2xx
    on_receipt: Callable[[Received], int | str | None] | None = None
    written: int = 0  # bytes of an endless answer
    url: str = ""  # given: listens there

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        got = Received(headers, handler.rfile.read(size).decode())
        answer = (self.on_receipt and self.on_receipt(got)) or self.answer
        self.received.append(got)
        if isinstance(answer, int) and 200 <= answer < 300:
            self.taken.append(got)
        if answer == "slow":
            time.sleep(30)
        if answer == "silent":
            handler.close_connection = True
            return
        handler.send_response(answer if isinstance(answer, int) else 200)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        size = 10 * 1024**3 if answer == "endless" else 0
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        with contextlib.suppress(OSError):
            while self.written < size:
                self.written += handler.wfile.write(MEGABYTE)


@contextlib.contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiver.take(self)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    port = urlsplit(receiver.url).port or 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
