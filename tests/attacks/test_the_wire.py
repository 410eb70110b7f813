"""What the web server itself must not believe, pass on or write down."""

import pytest

from tests.attacks import linked_user

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
