"""rediss:// means a broker whose certificate was checked, before it hears the password."""

import contextlib
import socket
import ssl
import threading

import pytest

from tests.certificates import self_signed
from tests.config.processes import python

CONNECT = """
from config.celery import app
from kombu.exceptions import OperationalError
try:
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)
        connection.default_channel.client.ping()
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def certificate(tmp_path):
    for name, content in zip(("cert.pem", "key.pem"), self_signed(), strict=True):
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def broker(certificate):
    """Says what it heard after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    listener, heard = socket.create_server(("", 0)), []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _address = listener.accept()
                with (
                    contextlib.suppress(OSError),
                    context.wrap_socket(connection, server_side=True) as secure,
                ):
                    heard.append(secure.recv(1000))

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], heard
    listener.close()


@pytest.mark.parametrize(
    ("host", "query", "is_trusted"),
    [
        ("127.0.0.1", "", False),
        pytest.param("localhost", "", False, marks=pytest.mark.slow),
        ("127.0.0.1", "?ssl_ca_certs={certificate}/cert.pem", True),
        ("127.0.0.2", "?ssl_ca_certs={certificate}/cert.pem", False),  # another name
    ],
)
def test_a_broker_hears_the_password_if_its_certificate_is_good(
    broker, certificate, host, query, is_trusted
):
    port, heard = broker
    url = f"rediss://:s3cr3t@{host}:{port}/0{query.format(certificate=certificate)}"

    done = python("-c", CONNECT, REDIS_URL=url)

    assert (b"s3cr3t" in b"".join(heard)) is is_trusted, done.stdout
    assert "s3cr3t" not in done.stdout
