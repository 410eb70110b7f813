"""What the web server itself must not believe, pass on or write down."""

import pytest

from tests.attacks import linked_user
from tests.attacks.web_server import request

pytestmark = pytest.mark.slow
BRAND = linked_user.HOST


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /x", "SCRIPT_NAME: /admin", "PATH_INFO: /admin/"])
@pytest.mark.parametrize("path", ["/x/admin/login/", "/admin/login/", "/x/sign-in/"])
def test_a_header_moves_no_request(portal, header, path):
    assert portal.status("GET", path, header, host=BRAND) == "404"


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /healthz", "PATH_INFO: /healthz/"])
def test_a_header_lets_no_unknown_host_in(portal, header):
    for path in ("/", "/healthz/sign-in/", "/sign-in/"):
        assert portal.status("GET", path, header, host="evil.example") == "400"


@pytest.mark.parametrize("hidden", ["%0a", "%0d", "%1b%5b31m", "%e2%80%ae", "%c2%9b", "%7f", "%00"])
def test_a_path_forges_no_line_of_the_log(portal, hidden):
    portal.ask("GET", f"/there{hidden}203.0.113.66%20%22GET%20/admin/%22%20200%201ms")

    lines = [line for line in portal.log.read_bytes().split(b"\n") if b"203.0.113.66" in line]
    assert lines
    for line in lines:
        assert b"/there" in line
        assert line.decode().isprintable(), line


@pytest.mark.parametrize(
    ("path", "said"),
    [("/sign-in/", "Send it with a Content-Length"), ("/api/v1/", "length_required")],
)
def test_a_body_in_chunks_is_not_taken_for_an_empty_one(portal, path, said):
    head = request("POST", path, "Transfer-Encoding: chunked", host=BRAND)

    answer = portal.send(head + b"3\r\na=b\r\n0\r\n\r\n")

    assert answer[9:12] == "411"
    assert said in answer
