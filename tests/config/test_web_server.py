"""The web server as its proxy sees it."""

import time
from contextlib import closing
from http.client import HTTPConnection

import pytest

from config import gunicorn
from tests.attacks.web_server import WebServer


@pytest.mark.slow
def test_a_connection_that_the_proxy_keeps_is_not_closed_under_its_hands(tmp_path):
    with (
        WebServer(tmp_path / "log") as server,
        closing(HTTPConnection("127.0.0.1", server.port)) as connection,
    ):
        connection.connect()
        kept = connection.sock
        for pause in (4, 0):  # many times longer with real proxies; gunicorn's own default is 2 s
            connection.request("GET", "/healthz/")
            assert connection.getresponse().read() == b"ok"
            assert connection.sock is kept
            time.sleep(pause)


def test_it_keeps_connections_for_longer_than_a_proxy_does():
    assert gunicorn.keepalive > 60  # nginx, AWS ALB
