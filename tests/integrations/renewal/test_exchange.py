"""The code exchange under what the fault suite does to renewals (R9 to R15 there): whatever Webex
answers, through the real callback.
"""

import time

import pytest

from integrations.errors import WebexError
from integrations.linking import consent
from integrations.models import Grant, GrantEvent
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX
from tests.integrations.refusals import rows
from tests.sharing_out import slow

TOKENS, ME, ORGANIZATION = "/v1/access_token", "/v1/people/me", "/v1/organizations/*"
NOT_RENEWABLE = "cannot be renewed, so nothing was linked"
NO_ANSWER = "Webex did not answer properly."
NOT_ACCEPTED = "Webex did not accept the sign-in."
CREDENTIALS = "Webex does not accept this portal&#x27;s credentials."
SCOPE = "Webex did not let the portal read your profile"
HTML = {"Content-Type": "text/html"}

OUTAGES = {
    **{f"{status} JSON": {"status": status} for status in (500, 503)},
    **{
        f"{status} HTML": {"status": status, "body": b"<h1>Oops</h1>", "headers": HTML}
        for status in (404, 502, 504)
    },
    "429 JSON": {"status": 429, "headers": {"Retry-After": "7"}},
    "429 HTML": {"status": 429, "body": b"<h1>Slow</h1>", "headers": HTML | {"Retry-After": "x"}},
    "redirect": {"status": 307, "headers": {"Location": "https://evil.example/"}},
    "silent": {"delay": 1.5},
    "dripping": {"status": 200, "body": b"{}" * 100, "drip": 0.05},
    "endless": {"endless": True},
    "cut before the status": {"cut": "before_status"},
    "cut in the headers": {"cut": "mid_headers"},
    "cut in the body": {"cut": "mid_body", "after": True},
    "cut JSON": {"status": 200, "body": b'{"access_token": "ab', "after": True},
    "HTML": {"status": 200, "body": b"<html>", "headers": HTML},
    "empty": {"status": 200, "body": b""},
    "null": {"status": 200, "body": b"null"},
    "list": {"status": 200, "body": b"[]"},
    "brackets": {"status": 200, "body": b"[" * 100_000},
    "a 500 with a body": {"status": 500, "body": b'{"access_token": "EVIL", "id": "EVIL"}'},
}
TOKEN_FAULTS = {name: (fault, NO_ANSWER) for name, fault in OUTAGES.items()} | {
    "no access token": ({"status": 200, "body": b'{"access_token": null}'}, NO_ANSWER),
    "no refresh token": ({"status": 200, "body": b'{"access_token": "x"}'}, NOT_RENEWABLE),
    "a form": ({"status": 200, "body": b"access_token=EVIL", "headers": HTML}, NO_ANSWER),
    "bare 400": ({"status": 400}, NOT_ACCEPTED),
    "bare 401": ({"status": 401, "body": b"<html>", "headers": HTML}, NOT_ACCEPTED),
    "401 with a token": ({"status": 401, "body": b'{"access_token": "EVIL"}'}, NOT_ACCEPTED),
    "invalid_grant": ({"status": 400, "body": b'{"error": "invalid_grant"}'}, NOT_ACCEPTED),
    "200 invalid_grant": ({"status": 200, "body": b'{"error": "invalid_grant"}'}, NOT_ACCEPTED),
    "invalid_client": ({"status": 401, "body": b'{"error": "invalid_client"}'}, CREDENTIALS),
}
PERSON_FAULTS = {name: (fault, NO_ANSWER) for name, fault in OUTAGES.items()} | {
    "no id": ({"status": 200, "body": b'{"emails": ["x@acme.example"]}'}, NO_ANSWER),
    "no such id": ({"status": 200, "body": b'{"id": "\\ud800"}'}, NO_ANSWER),
    "401": ({"status": 401}, NOT_ACCEPTED),
    "403 HTML": ({"status": 403, "body": b"<html>", "headers": HTML}, SCOPE),
}


@pytest.fixture(autouse=True)
def _impatient(settings):
    settings.WEBEX_TIMEOUT = 0.6


def return_from_webex(browser, sandbox, path, fault):
    """Alice accepts, and this happens to the portal's next call to that path."""
    redirect = sandbox.accept(browser.start(), ALICE_AT_WEBEX)
    sandbox.ledger.clear()
    sandbox.fault(path, times=None, **fault)
    started = time.monotonic()
    response = browser.come_back(redirect)
    assert time.monotonic() - started < 2
    sandbox.clear_faults()
    return response


def assert_explained(browser, sandbox, response, sentence):
    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    page = browser.get("/my-account/").text
    assert sentence in page
    assert "EVIL" not in page
    assert "Oops" not in page
    assert sandbox.ledger.count(TOKENS) == 1  # the code was sent once


@pytest.mark.parametrize("name", TOKEN_FAULTS)
def test_a_failed_exchange_is_explained_and_changes_nothing(
    alice_browser, linked_alice, sandbox, name
):
    fault, sentence = TOKEN_FAULTS[name]
    before = rows(Grant), rows(GrantEvent)

    response = return_from_webex(alice_browser, sandbox, TOKENS, fault)

    assert_explained(alice_browser, sandbox, response, sentence)
    assert (rows(Grant), rows(GrantEvent)) == before
    assert sandbox.ledger.count(ME) == 0


@pytest.mark.parametrize("name", [*sorted(PERSON_FAULTS.keys() - OUTAGES), *slow(*OUTAGES)])
def test_without_knowing_the_person_nothing_changes(alice_browser, linked_alice, sandbox, name):
    fault, sentence = PERSON_FAULTS[name]
    before = rows(Grant), rows(GrantEvent)

    response = return_from_webex(alice_browser, sandbox, ME, fault)

    assert_explained(alice_browser, sandbox, response, sentence)
    assert (rows(Grant), rows(GrantEvent)) == before


@pytest.mark.parametrize("path", [TOKENS, ME])
@pytest.mark.parametrize("name", ["503 JSON", "cut in the body", "cut JSON", "silent"])
def test_a_first_link_that_fails_leaves_no_row(alice_browser, sandbox, path, name):
    response = return_from_webex(alice_browser, sandbox, path, OUTAGES[name])

    assert_explained(alice_browser, sandbox, response, NO_ANSWER)
    assert not Grant.objects.exists()
    assert alice_browser.badge() == "not-linked"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401},
        {"status": 403},
        {"status": 500},
        {"delay": 1.5},
        {"cut": "before_status"},
        {"status": 200, "body": b"[]"},
        {"endless": True},
    ],
)
def test_the_organisations_name_is_worth_no_failure(alice_browser, sandbox, fault):
    response = return_from_webex(alice_browser, sandbox, ORGANIZATION, fault)

    assert (response.status_code, response["Location"]) == (303, "/my-account/")
    grant = Grant.objects.get()
    assert (grant.status, grant.org_name) == (Grant.Status.ACTIVE, "")
    assert alice_browser.badge() == "linked"


def test_after_a_failure_a_new_try_succeeds(alice_browser, sandbox):
    return_from_webex(alice_browser, sandbox, TOKENS, {"status": 503})

    alice_browser.link(ALICE_AT_WEBEX)

    assert alice_browser.badge() == "linked"


def test_a_reload_after_a_failure_does_not_send_the_code_again(alice_browser, sandbox):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    sandbox.fault(TOKENS, cut="before_status", after=True)
    alice_browser.come_back(redirect)

    response = alice_browser.come_back(redirect)

    assert response.status_code == 400
    assert sandbox.ledger.count(TOKENS) == 1


def test_all_calls_of_one_callback_share_one_deadline(
    alice_browser, sandbox, settings, monkeypatch
):
    settings.WEBEX_TIMEOUT = 5
    monkeypatch.setattr(consent, "CALLBACK_SECONDS", 0.6)
    sandbox.fault(TOKENS, delay=0.4)

    response = return_from_webex(alice_browser, sandbox, ME, {"delay": 0.4})

    assert_explained(alice_browser, sandbox, response, NO_ANSWER)


def test_that_deadline_leaves_time_to_answer_within_twenty_seconds():
    assert consent.CALLBACK_SECONDS < 20


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"cut": "mid_body"}])
def test_another_person_is_not_asked_about_before_webex_said_who_it_is(
    alice_browser, linked_alice, sandbox, fault
):
    redirect = sandbox.accept(alice_browser.start(), CAROL_AT_WEBEX)
    sandbox.fault(ME, **fault)
    before = rows(Grant)

    response = alice_browser.come_back(redirect)

    assert response["Location"] == "/my-account/"
    assert rows(Grant) == before


@pytest.mark.parametrize(
    ("override", "kept"),
    [
        ({"expires_in": -5}, 60),
        ({"expires_in": 0}, 0),
        ({"expires_in": "abc"}, 86_400),
        ({"expires_in": 10**400}, 365 * 86_400),
        ({"expires_at": 4_000_000_000}, 1_209_599),
    ],
)
def test_odd_lifetimes_link_with_bearable_ones(alice_browser, sandbox, override, kept):
    sandbox.scenario.override = override

    alice_browser.link(ALICE_AT_WEBEX)

    grant = Grant.objects.get()
    life = (grant.access_token_expires_at - grant.granted_at).total_seconds()
    assert life == pytest.approx(kept, abs=1)
    assert (grant.refresh_due_at - grant.granted_at).total_seconds() >= 60


def test_a_scope_that_no_database_stores_does_not_break_the_link(alice_browser, sandbox):
    sandbox.scenario.override = {"scope": "spark:people_read \x00 \ud800"}

    response = alice_browser.link(ALICE_AT_WEBEX)

    assert response.status_code == 303
    assert Grant.objects.get().scope == "spark:people_read"


def test_every_webex_error_has_a_sentence_of_ours():
    from integrations.views.consent import _sentence

    def kinds(kind):
        return [kind, *(each for child in kind.__subclasses__() for each in kinds(child))]

    assert all(_sentence(kind("x")).endswith(".") for kind in kinds(WebexError))
