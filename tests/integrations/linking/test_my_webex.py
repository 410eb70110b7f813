"""My Webex: the profile, asked for at Webex when the page is opened."""

import pytest

from integrations.models import Grant
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX
from tests.integrations.refusals import spoil

TOKEN_ENDPOINT = "/v1/access_token"


def profile(client):
    response = client.get("/webex/profile/")
    assert response.status_code == 200
    return response.text


def test_my_webex_shows_the_profile(alice_browser, walked_alice, sandbox):
    page = profile(alice_browser)

    for text in ("Alice Adams", ALICE_AT_WEBEX, "+1 555 0142", "142", "Acme Corporation"):
        assert text in page
    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 1  # the exchange


def test_the_organisations_name_is_optional(browser, bob, acme):
    client = browser(bob)
    client.link(BOB_AT_WEBEX)  # an ordinary user: Webex answers 403

    assert "Webex does not tell its name to this account" in profile(client)
    assert client.badge() == "linked"


def test_a_401_earns_one_renewal_and_one_retry(alice_browser, linked_alice, sandbox):
    sandbox.ledger.clear()
    sandbox.fault("/v1/people/me", status=401)

    assert "Alice Adams</h2>" in profile(alice_browser)

    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 1
    assert sandbox.ledger.count("/v1/people/me") == 2


def test_a_second_401_ends_the_matter(alice_browser, linked_alice, sandbox):
    sandbox.ledger.clear()
    sandbox.fault("/v1/people/me", status=401, times=None)

    assert "Webex does not answer right now." in profile(alice_browser)

    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 1
    assert sandbox.ledger.count("/v1/people/me") == 2
    assert alice_browser.badge() == "linked"


def test_a_403_says_that_a_scope_or_role_is_lacking(alice_browser, linked_alice, sandbox):
    sandbox.ledger.clear()
    sandbox.fault("/v1/people/me", status=403)

    assert "Your Webex account lacks the scope or the role for this page." in profile(alice_browser)

    assert sandbox.ledger.count(TOKEN_ENDPOINT) == 0
    assert alice_browser.badge() == "linked"


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429}, {"cut": "mid_body"}, {"body": b"[]"}], ids=str
)
def test_my_webex_stays_polite_while_webex_is_down(alice_browser, linked_alice, sandbox, fault):
    sandbox.fault("/v1/people/me", times=None, **fault)

    assert "Webex does not answer right now." in profile(alice_browser)
    assert alice_browser.badge() == "linked"


@pytest.mark.parametrize("loss", ["CONSENT_LOST", "DISCONNECTED", "never linked"])
def test_my_webex_without_a_usable_grant_says_what_to_do(alice_browser, sandbox, loss):
    if loss != "never linked":
        alice_browser.link(ALICE_AT_WEBEX)
        tokens = {"access_token": None, "refresh_token": None} if loss == "DISCONNECTED" else {}
        Grant.objects.update(status=loss, **tokens)
    sandbox.ledger.clear()

    assert "Link your Webex account to see your profile here." in profile(alice_browser)
    assert not sandbox.ledger.calls


def test_undecryptable_tokens_do_not_break_a_page(alice_browser, linked_alice):
    spoil(linked_alice, "access_token")
    spoil(linked_alice, "refresh_token")

    for path in ("/", "/my-account/", "/webex/", "/webex/status/", "/webex/profile/"):
        assert alice_browser.get(path).status_code == 200


def test_an_undecryptable_client_secret_does_not_break_a_page(alice_browser, linked_alice, acme):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    spoil(acme, "client_secret")

    for path in ("/", "/my-account/", "/webex/", "/webex/status/", "/webex/profile/"):
        assert alice_browser.get(path).status_code == 200
    assert alice_browser.come_back(redirect).status_code == 303
    assert alice_browser.post("/webex/disconnect/").status_code == 303
