"""Who was signed out meanwhile, and who comes back another way than they left."""

import pytest

from integrations import clock
from integrations.models import AuthorizationRequest, Grant, WebexApp
from integrations.operations import readiness
from tests.conftest import ALICE_AT_WEBEX

BUTTONS = {
    "/webex/connect/": "Link my Webex account",
    "/webex/disconnect/": "Disconnect",
    "/webex/device/": "Link with another device",
}


@pytest.mark.parametrize(("path", "label"), BUTTONS.items())
def test_who_signs_in_again_after_a_button_goes_on_with_one_click(
    alice, acme, browser, path, label
):
    signed_out = browser(None)
    answer = signed_out.post(path)
    assert answer["Location"] == f"/sign-in/?next={path}"

    again = signed_out.post(
        answer["Location"],
        {"username": "alice", "password": "correct horse", "next": path},
        follow=True,
    )

    assert (again.status_code, again["Allow"]) == (405, "POST")
    assert "Nothing has happened yet" in again.text
    assert f'action="{path}"' in again.text
    assert label in again.text
    assert not AuthorizationRequest.objects.exists()


@pytest.mark.parametrize("path", BUTTONS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_nobody_signed_in_is_told_what_to_do_too(acme, browser, path, method):
    answer = browser(None).generic(method, path)

    assert answer.status_code == 405
    if method == "GET":
        assert "Sign in first" in answer.text


@pytest.fixture
def came_back_signed_out(alice_browser, browser, sandbox):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    return browser(None).come_back(redirect)


def test_a_return_without_its_session_says_that_nothing_was_linked(
    came_back_signed_out, alice_browser, browser, sandbox
):
    assert came_back_signed_out["Location"] == "/sign-in/?next=/webex/"
    assert not Grant.objects.exists()
    assert sandbox.ledger.count("/v1/access_token") == 0


def test_the_sign_in_page_shows_the_sentence(alice_browser, browser, sandbox):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    signed_out = browser(None)

    signed_out.come_back(redirect)

    assert "your Webex account was not linked" in signed_out.get("/sign-in/?next=/webex/").text


def test_it_is_no_reason_to_suspect_an_administrator_or_a_redirect_uri(
    acme, alice_browser, browser, sandbox, travel
):
    for _ in range(3):
        browser(None).come_back(sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX))

    checks = readiness.check_all([WebexApp.objects.get()], now=clock.now())[acme.pk].checks
    assert not [check for check in checks if "0 returned" in check.sentence]
    assert "did not come back" not in alice_browser.get("/webex/").text


def test_the_return_is_not_spent_by_being_noted(alice_browser, browser, sandbox):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    browser(None).come_back(redirect)

    alice_browser.come_back(redirect)

    assert alice_browser.badge() == "linked"


def test_the_text_for_an_administrator_is_at_hand_wherever_nothing_is_linked(alice_browser, acme):
    assert 'href="/webex/"' in alice_browser.get("/my-account/").text

    page = alice_browser.get("/webex/").text

    assert f"Its Integration ID is {acme.client_id}" in page
    assert "data-copy=" in page


def test_who_is_linked_does_not_read_it(alice_browser, linked_alice, acme):
    assert acme.client_id not in alice_browser.get("/webex/").text
