"""The two token calls: what goes over the wire, and what a failure may show."""

import gzip
import json
import logging
import traceback

import pytest

from integrations import clock
from integrations.errors import (
    AmbiguousOutcome,
    InvalidClient,
    InvalidGrant,
    NoRefreshToken,
    WebexUnavailable,
)
from integrations.webex import oauth
from integrations.webex.http import Deadline
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.webex.conftest import answering

CALLBACK = "https://portal-a.example.com/webex/callback/"
TOKENS = "/v1/access_token"
VERIFIER = "v" * 43
pytestmark = pytest.mark.django_db


@pytest.fixture
def registered(sandbox):
    return sandbox.register(name="Acme", redirect_uris=[CALLBACK])


@pytest.fixture
def client(registered):
    return oauth.Client(registered.client_id, registered.client_secret)


@pytest.fixture
def code(sandbox, registered):
    sandbox.scenario.ignore_pkce = True
    redirect = sandbox.accept(registered.authorization_url, ALICE_AT_WEBEX)
    return oauth.AuthorizationCode(query(redirect)["code"], CALLBACK, VERIFIER)


@pytest.fixture
def token(sandbox, registered):
    granted = sandbox.grant(ALICE_AT_WEBEX, registered.client_id)
    return oauth.RefreshToken(granted["refresh_token"])


def exchange(client, code):
    return oauth.exchange_code(client, code, sent_at=clock.now(), deadline=Deadline(2))


def refresh(client, token):
    return oauth.refresh(client, token, sent_at=clock.now(), deadline=Deadline(2))


def test_an_exchange_sends_exactly_what_the_contract_asks_for(sandbox, client, code):
    tokens = exchange(client, code)

    (call,) = sandbox.ledger.find(TOKENS)
    assert call.form == {
        "grant_type": "authorization_code",
        "client_id": client.id,
        "client_secret": client.secret,
        "code": code.value,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    assert call.query == {}
    assert tokens.refresh_token == sandbox.ledger.tip(ALICE_AT_WEBEX, client.id)


def test_a_refresh_sends_exactly_what_the_contract_asks_for(sandbox, client, token):
    sandbox.scenario.rotation = "strict"

    tokens = refresh(client, token)

    (call,) = sandbox.ledger.find(TOKENS)
    assert call.form == {
        "grant_type": "refresh_token",
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": token.value,
    }
    assert tokens.refresh_token == sandbox.ledger.tip(ALICE_AT_WEBEX, client.id) != token.value


def test_a_token_call_authenticates_once_and_asks_for_json(sandbox, client, token):
    refresh(client, token)

    (call,) = sandbox.ledger.find(TOKENS)
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert "authorization" not in headers
    assert headers["accept"] == "application/json"
    assert headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_no_compression_is_offered_that_the_transport_would_not_undo(sandbox, client, token):
    refresh(client, token)

    (call,) = sandbox.ledger.find(TOKENS)
    offered = {name.lower(): value for name, value in call.headers.items()}
    assert offered.get("accept-encoding", "identity") == "identity"


def test_credentials_of_a_netrc_file_are_not_used(sandbox, client, token, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login root password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))

    refresh(client, token)

    (call,) = sandbox.ledger.find(TOKENS)
    assert "authorization" not in {name.lower() for name in call.headers}


def test_a_code_without_a_refresh_token_in_return_is_not_enough(sandbox, client, code):
    sandbox.scenario.omit = ("refresh_token",)

    with pytest.raises(NoRefreshToken):
        exchange(client, code)


def test_a_refresh_may_leave_the_refresh_token_out(sandbox, client, token):
    sandbox.scenario.omit = ("refresh_token",)

    assert refresh(client, token).refresh_token is None


def test_a_narrower_scope_is_news_and_not_an_error(sandbox, client, token):
    sandbox.scenario.override = {"scope": "spark:people_read"}

    assert refresh(client, token).scope == {"spark:people_read"}


def test_odd_characters_survive_the_form(sandbox, client, code):
    odd = oauth.AuthorizationCode("a+b&c=d%20é\x00\r\nX: y", CALLBACK, VERIFIER)
    sandbox.scenario.error_shape = "oauth"

    with pytest.raises(InvalidGrant):
        exchange(client, odd)

    (call,) = sandbox.ledger.find(TOKENS)
    assert call.form["code"] == odd.value


def test_a_redirect_is_an_outage_and_takes_no_secret_along(sandbox, wire, client, token):
    elsewhere = wire(answering())
    sandbox.fault("/v1/access_token", status=307, headers={"Location": elsewhere.url})

    with pytest.raises(WebexUnavailable):
        refresh(client, token)

    assert elsewhere.requests == []


def test_a_compressed_answer_nobody_asked_for_is_an_outage(sandbox, client, token):
    body = gzip.compress(json.dumps({"access_token": "x"}).encode())
    sandbox.fault(TOKENS, status=200, body=body, headers={"Content-Encoding": "gzip"})

    with pytest.raises(WebexUnavailable):
        refresh(client, token)


CANARY = "CANARY-in-an-answer"
FAILURES = {
    "token under a 500": (
        {"status": 500, "body": b'{"access_token": "%s"}' % CANARY.encode()},
        WebexUnavailable,
    ),
    "token of another type": (
        {"status": 200, "body": b'{"token_type": 5, "access_token": "%s"}' % CANARY.encode()},
        WebexUnavailable,
    ),
    "bad gateway": ({"status": 502, "body": b"<html>"}, WebexUnavailable),
    "nonsense": ({"status": 200, "body": b"null"}, WebexUnavailable),
    "redirect": ({"status": 307, "headers": {"Location": "/elsewhere"}}, WebexUnavailable),
    "cut": ({"cut": "mid_headers"}, AmbiguousOutcome),
    "refused": ({"status": 401, "body": b'{"error": "invalid_client"}'}, InvalidClient),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("verb", ["exchange", "refresh"])
def test_a_failure_shows_nothing_of_the_library_and_no_secret(
    sandbox, client, code, token, caplog, verb, name
):
    fault, expected = FAILURES[name]
    sandbox.fault(TOKENS, **fault)

    with caplog.at_level(logging.DEBUG), pytest.raises(expected) as caught:
        exchange(client, code) if verb == "exchange" else refresh(client, token)

    error = caught.value
    assert (error.__cause__, error.__context__) == (None, None)
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_code.co_filename != __file__]
    modules = {frame.f_globals["__name__"] for frame in ours}
    assert modules <= {f"integrations.webex.{name}" for name in ("oauth", "http", "answers")}
    shown = repr([frame.f_locals for frame in ours]) + repr(vars(error)) + str(error) + caplog.text
    for secret in (client.secret, code.value, VERIFIER, token.value, CANARY):
        assert secret not in shown


@pytest.mark.parametrize("url", ["http://webex.example.com/v1", "https://[::1"])
def test_a_library_that_refuses_to_call_is_an_outage_too(settings, monkeypatch, client, token, url):
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    settings.WEBEX_API_URL = url

    with pytest.raises(WebexUnavailable) as caught:
        refresh(client, token)

    assert caught.value.__context__ is None


def test_clients_codes_and_tokens_hide_their_secret(client, code, token):
    for thing, secret in (
        (client, client.secret),
        (code, code.value),
        (code, VERIFIER),
        (token, token.value),
    ):
        assert secret not in repr(thing)
