"""Company networks: a further authority, a proxy, and why nothing gets through."""

import socket
import ssl
from contextlib import suppress
from datetime import timedelta

import pytest

from integrations.errors import AmbiguousOutcome, WebexUnavailable
from integrations.webex.http import Deadline, Request, send
from integrations.webex.multi import Multi
from tests import certificates
from tests.integrations.webex.conftest import answering


@pytest.fixture
def authority(tmp_path):
    """Of a company: a context for its servers, and the file in which it is handed out."""

    def make(**options):
        certificate, key = certificates.self_signed(**options)
        (tmp_path / "server.pem").write_bytes(certificate + key)
        (tmp_path / "ca.pem").write_bytes(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem")
        return context, str(tmp_path / "ca.pem")

    return make


def post(url):
    return send(Request("POST", url, {}, b"grant_type=refresh_token"), Deadline(0.5))


def why_not(url):
    """The same for one call and for many at once."""
    with pytest.raises(WebexUnavailable) as caught:
        post(url)
    with Multi[str](timeout=0.5) as calls:
        calls.add("alice", Request("POST", url, {}, b"grant_type=refresh_token"))
        while not (arrived := calls.wait(0.2)):
            pass
    [(_key, error)] = arrived
    assert not isinstance(caught.value, AmbiguousOutcome)
    assert str(error) == str(caught.value)
    return str(error).removeprefix("no connection: ")


def test_a_further_authority_is_trusted_where_the_settings_name_it(wire, authority, settings):
    context, file = authority()
    server = wire(answering(), context)
    assert why_not(server.url) == "the certificate is not trusted"

    settings.WEBEX_CA_FILE = file

    assert post(server.url).status == 200


def test_the_usual_variables_add_no_authority(wire, authority, monkeypatch):
    context, file = authority()
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, file)

    assert why_not(wire(answering(), context).url) == "the certificate is not trusted"


def test_with_a_further_authority_certificates_are_still_checked(wire, authority, settings):
    context, settings.WEBEX_CA_FILE = authority()
    other_name = wire(answering(), context).url.replace("127.0.0.1", "webex.localhost")
    assert why_not(other_name) == "the certificate is for another name"

    context, _another_file = authority(lasts=timedelta(hours=-1))
    assert "not trusted" in why_not(wire(answering(), context).url)


def test_an_expired_certificate_points_to_the_clock(wire, authority, settings):
    context, settings.WEBEX_CA_FILE = authority(lasts=timedelta(hours=-1))

    assert why_not(wire(answering(), context).url).startswith("the certificate has expired")


def test_each_kind_of_failure_keeps_its_name(wire, settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert why_not(f"https://127.0.0.1:{port}") == "timed out"
    assert why_not(f"https://127.0.0.1:{port}") == "Webex refuses connections"
    assert why_not("https://webex.invalid") == "the name of Webex is not found"
    plain = wire(answering()).url.replace("http:", "https:")
    assert why_not(plain) in ("Webex does not speak TLS as we do", "timed out")


@pytest.mark.parametrize("status", [407, 403, 502])
def test_what_a_proxy_refuses_is_said_to_be_the_proxys(wire, settings, status):
    refusal = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
    settings.WEBEX_PROXY = wire(answering(refusal)).url

    assert why_not("https://webexapis.com/v1") == f"the proxy answered {status}"


def test_a_proxy_that_is_away_is_said_to_be_the_proxy(settings):
    settings.WEBEX_PROXY = "http://127.0.0.1:1"
    assert why_not("https://webexapis.com/v1") == "the proxy refuses connections"

    settings.WEBEX_PROXY = "http://me:s3cr3t@proxy.invalid:3128"
    assert why_not("https://webexapis.com/v1") == "the name of the proxy is not found"


def test_an_https_proxy_shows_a_certificate_too(wire, authority, settings):
    def connect(wire, connection, nth):
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    context, file = authority()
    settings.WEBEX_PROXY = wire(connect, context).url
    assert why_not("https://webexapis.com/v1") == "the certificate is not trusted"

    settings.WEBEX_CA_FILE = file
    assert why_not("https://webexapis.com/v1") == "the proxy answered 407"
