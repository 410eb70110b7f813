"""One spelling for each hostname; nothing but a hostname passes."""

import pytest

from integrations import hostnames
from integrations.errors import InvalidHostname


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("portal.example.com", "portal.example.com"),
        ("  Portal.EXAMPLE.com. ", "portal.example.com"),
        ("localhost", "localhost"),
        ("a.localhost", "a.localhost"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("portal。example。com", "portal.example.com"),
        ("1and1.example", "1and1.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_every_spelling_becomes_the_same_name(typed, kept):
    assert hostnames.normalise(typed) == kept


def test_a_homograph_does_not_become_the_name_it_imitates():
    imitation = hostnames.normalise("pоrtal.example.com")  # with a Cyrillic letter

    assert imitation.startswith("xn--")
    assert imitation != "portal.example.com"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ".",
        "..",
        " ",
        "https://portal.example.com",
        "//portal.example.com",
        "portal.example.com/",
        "portal.example.com/path",
        "portal.example.com:443",
        "alice@portal.example.com",
        "portal.example.com?x",
        "portal.example.com#x",
        "portal example.com",
        "portal.example.com\nevil.example",
        "portal.example.com\x00",
        "portal\\example.com",
        "portal%2eexample.com",
        "*.example.com",
        "portal..example.com",
        ".portal.example.com",
        "portal.example.com..",
        "-portal.example.com",
        "portal-.example.com",
        "por_tal.example.com",
        "a" * 64 + ".example",
        ".".join(["a" * 50] * 6),
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "127.0.0.0x1",
        "portal.example.0x",
        "portal.example.7",
        "0177.0.0.01",
        "portal",
        "com.",
        "1.2.3",
        "[::1]",
        "::1",
        "xn--a",
        "xn--.example",
        "portal.xn--\u20ac",
        "a\u200db.example",
        "a\u202eb.example",
        "<script>",
        "'; DROP TABLE",
    ],
)
def test_whatever_is_no_hostname_is_refused_with_a_sentence(typed):
    with pytest.raises(InvalidHostname, match=r"\.$"):
        hostnames.normalise(typed)


@pytest.mark.parametrize(
    ("template", "origin"),
    [
        ("https://{hostname}", "https://portal.example.com"),
        ("http://{hostname}:8000", "http://portal.example.com:8000"),
    ],
)
def test_the_origin_comes_from_the_settings(settings, template, origin):
    settings.BRANDED_URL_TEMPLATE = template

    assert hostnames.origin("portal.example.com") == origin


@pytest.mark.parametrize(
    ("hostname", "is_local"),
    [
        ("localhost", True),
        ("portal-a.localhost", True),
        ("notlocalhost", False),
        ("localhost.example.com", False),
    ],
)
def test_only_names_under_localhost_stay_on_this_machine(hostname, is_local):
    assert hostnames.is_local(hostname) is is_local
