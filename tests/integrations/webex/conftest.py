"""Servers that misbehave as no polite HTTP server would: on raw sockets, one script for each."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from integrations.webex import http
from tests import certificates

Script = Callable[["Wire", socket.socket, int], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def answering(payload: bytes = OK) -> Script:
    return lambda wire, connection, nth: connection.sendall(payload)


class Wire:
    """Runs the script for each request; `nth` counts the requests of that connection from 1."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.tls = tls
        self.requests: list[bytes] = []
        self.peers: list[int] = []
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def count(self, method: str) -> int:
        return sum(request.startswith(method.encode()) for request in self.requests)

    def close(self) -> None:
        self.closing.set()
        for each in (self.listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, peer = self.listener.accept()
                self._open.append(connection)
                arguments = (connection, peer[1])
                threading.Thread(target=self._serve, args=arguments, daemon=True).start()

    def _serve(self, connection: socket.socket, peer: int) -> None:
        with ExitStack() as stack:
            stack.enter_context(suppress(OSError))
            stack.enter_context(connection)
            if self.tls:
                connection = self.tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
                stack.enter_context(connection)
                connection.do_handshake()
            nth = 0
            while request := self._read(connection):
                nth += 1
                self.requests.append(request)
                self.peers.append(peer)
                self.script(self, connection, nth)

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += (chunk := connection.recv(65536))
            if not chunk:
                return b""
        head, _, body = received.partition(b"\r\n\r\n")
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(names.get(b"content-length", 0)):
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    opened: list[Wire] = []

    def start(script: Script, tls: ssl.SSLContext | None = None) -> Wire:
        opened.append(Wire(script, tls))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture(autouse=True)
def _fresh_connections() -> None:
    """Each test meets a thread that has not spoken to anybody yet."""
    http._forget_handles()


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    (folder / "server.pem").write_bytes(b"".join(certificates.self_signed()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
