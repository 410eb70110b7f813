"""What nginx says itself where nobody answers: in the words and the look of the portal."""

import json
import re
import shutil
import socket
import ssl
from functools import partial
from http.client import HTTPConnection

import pytest
from django.urls import reverse
from django.utils import translation

from integrations.api import problems
from integrations.linking.consent import CALLBACK_SECONDS
from integrations.provisioning.export import LONGEST_PAUSE
from integrations.refused import refused
from tests.config.processes import ROOT
from tests.production.servers import Nginx, free_port

HOST = "acme.example.com"
PAGE, PROGRAM = "/webex/callback/?code=x", "/api/v1/standing"
TOO_MUCH = {"Content-Length": "3200000"}
SAID_OF_TOO_MUCH = (
    "That is more than the portal accepts at once (3 MB).",
    "Please go back and send less.",
)
pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    nginx = Nginx(tmp_path_factory.mktemp("front"), free_port())
    nginx.start()
    yield nginx
    nginx.stop()


@pytest.fixture
def ask(nginx):
    return partial(asked, nginx)


def asked(nginx, method, path, **headers):
    trust = ssl.create_default_context(cafile=nginx.authority)
    plain = socket.create_connection(("127.0.0.1", nginx.port), 10)
    connection = HTTPConnection(HOST)
    with trust.wrap_socket(plain, server_hostname=HOST) as connection.sock:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_people_read_a_page_like_the_portals_own_that_tells_them_when_to_come_again(
    ask, rf, method, language
):
    answer, text = ask(method, PAGE, **{"Accept-Language": f"{language}-CH,fr;q=0.8"})

    assert answer.status == 503
    assert answer.getheader("Retry-After") == "60"
    assert {"en": "try again in a minute", "de": "in einer Minute"}[language] in text
    assert_is_as_of_the_portal(rf, answer, text, *words(text), language)


@pytest.mark.parametrize("language", ["en", "de"])
def test_who_sends_too_much_reads_what_the_portal_says(ask, rf, language):
    answer, text = ask("POST", PAGE, **TOO_MUCH, **{"Accept-Language": language})

    assert answer.status == 413
    assert answer.getheader("Retry-After") is None
    with translation.override(language):
        said = [translation.gettext(each) for each in SAID_OF_TOO_MUCH]
    assert_is_as_of_the_portal(rf, answer, text, *said, language)


def words(text):
    return re.search(r"(?s)<h1>(.+)</h1>\s*<p>(.+)</p>", text).groups()


def assert_is_as_of_the_portal(rf, answer, text, heading, next_step, language):
    with translation.override(language):
        asked = rf.get("/", headers={"Accept": "text/html"})
        page = refused(asked, answer.status, heading, next_step)
    assert text.strip() == page.text.strip()
    for name, value in page.headers.items():
        assert answer.getheader(name) == value, name
    assert answer.getheader("X-Request-ID")


@pytest.mark.parametrize(
    ("headers", "status", "code", "again_after"),
    [({}, 502, "bad_gateway", "60"), (TOO_MUCH, 413, "too_large", None)],
)
def test_programs_get_a_problem(ask, headers, status, code, again_after):
    answer, text = ask("POST", PROGRAM, **headers)

    told = json.loads(text)
    usual = json.loads(problems.of_status(status).response().text)
    assert answer.status == told["status"] == status
    assert (told["code"], usual["code"]) == (code, code)
    assert told.keys() == usual.keys()
    assert answer.getheader("Content-Type") == problems.CONTENT_TYPE
    assert answer.getheader("Retry-After") == again_after
    assert answer.getheader("X-Request-ID") == told["request_id"] != ""


def test_nginx_waits_longer_than_anything_of_ours_takes():
    text = (ROOT / "config/deploy/nginx/site.conf").read_text()
    pages, files = map(int, re.findall(r"proxy_read_timeout (\d+)s", text))

    assert pages > CALLBACK_SECONDS + 5
    assert files > LONGEST_PAUSE + 5
    assert re.search(r"\.csv$", reverse("webex_export"))


def test_where_the_socket_is_held_and_nobody_accepts_the_wait_ends_with_the_same_words(tmp_path):
    """As systemd holds it; the wait is cut short."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        nginx = Nginx(tmp_path, held.getsockname()[1])
        site = nginx.folder / "site.conf"
        text, times = re.subn(
            "proxy_read_timeout 30s", "proxy_read_timeout 300ms", site.read_text()
        )
        site.write_text(text)
        nginx.start()
        try:
            page, words = asked(nginx, "GET", PAGE)
            program, problem = asked(nginx, "POST", PROGRAM)
        finally:
            nginx.stop()

    assert times == 1
    assert (page.status, "try again in a minute" in words) == (503, True)
    assert (program.status, json.loads(problem)["code"]) == (504, "gateway_timeout")
