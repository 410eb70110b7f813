"""Whose address is it? Whatever proxies write, and however many there are."""

import pytest
from django.test import RequestFactory

from accounts.client_ip import client_ip

PROXY = "10.0.0.1"


@pytest.fixture
def seen(settings):
    def see(forwarded, proxies=1, remote=PROXY):
        settings.TRUSTED_PROXIES = proxies
        headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        return client_ip(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))

    return see


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        (" 203.0.113.5 ", "203.0.113.5"),
        ("203.0.113.5:51234", "203.0.113.5"),
        ('"203.0.113.5:51234"', "203.0.113.5"),
        ("2001:db8::5", "2001:db8::5"),
        ("2001:DB8:0:0:0:0:0:5", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"),
        ("[2001:db8::5]:51234", "2001:db8::5"),
        ('"[2001:db8::5]:51234"', "2001:db8::5"),
        ("fe80::5%eth0", "fe80::5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
    ],
)
def test_every_spelling_of_an_address_is_understood(seen, spelling, address):
    assert seen(spelling) == address
    assert seen(f"6.6.6.6, {spelling}") == address


@pytest.mark.parametrize("forwarded", [None, "", "unknown", "_hidden", "1.2.3", "1.2.3.4,", "[::1",
                                       "1.2.3.4 5", "1.2.3.4:x", "a" * 9000,
                                       ":" * 9000])  # fmt: skip
def test_no_address_is_not_the_address_of_the_proxy(seen, caplog, forwarded):
    assert seen(forwarded) == ""
    assert "No client address in X-Forwarded-For" in caplog.text
    assert "a" * 100 not in caplog.text


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, PROXY), (1, "3.3.3.3"), (2, "2.2.2.2"), (3, "1.1.1.1"), (4, "")]
)
def test_as_many_entries_are_believed_as_there_are_proxies(seen, proxies, address):
    assert seen("1.1.1.1, 2.2.2.2:80, 3.3.3.3", proxies) == address


def test_a_server_on_a_socket_has_no_address_of_its_own(seen):
    assert seen(None, proxies=0, remote="") == ""
