"""What the user reads: the badge, the Webex page, My Webex, and the badge as JSON."""

import re
from datetime import timedelta

import pytest

from accounts.models import SessionOwner
from integrations import clock
from integrations.models import AuthorizationRequest, Grant
from integrations.templatetags.webex import scope_in_words
from tests.conftest import ALICE_AT_WEBEX, H2

TOKEN_ENDPOINT = "/v1/access_token"


# --- The badge ----------------------------------------------------------------------------------


def status(client):
    return client.get("/webex/status/").json()


def test_the_status_of_a_linked_account(alice_browser, linked_alice):
    assert status(alice_browser) == {
        "linked": True,
        "status": "linked",
        "label": "Webex linked",
        "reason": "Your Webex account is linked.",
        "webex_email": ALICE_AT_WEBEX,
    }


def test_the_status_before_linking(alice_browser):
    assert status(alice_browser) == {
        "linked": False,
        "status": "not_linked",
        "label": "Link your Webex account",
        "reason": "Link your Webex account.",
        "webex_email": "",
    }


def test_the_status_after_disconnecting_names_nobody(alice_browser, linked_alice):
    alice_browser.post("/webex/disconnect/")

    assert (status(alice_browser)["status"], status(alice_browser)["webex_email"]) == (
        "not_linked",
        "",
    )


def test_the_status_of_a_lost_consent(alice_browser, linked_alice):
    Grant.objects.update(status="CONSENT_LOST")

    answer = status(alice_browser)

    assert (answer["linked"], answer["status"]) == (False, "consent_lost")
    assert answer["webex_email"] == ALICE_AT_WEBEX
    assert alice_browser.badge() == "not-linked"


def test_trouble_that_the_user_cannot_mend_stays_green(alice_browser, linked_alice):
    Grant.objects.update(failing_since=clock.now(), failure_count=3)

    answer = status(alice_browser)

    assert (answer["linked"], answer["status"]) == (True, "linked")
    assert answer["reason"].startswith("Nothing to do: the connection could not be renewed since")
    assert alice_browser.badge() == "linked"
    assert "Nothing to do" in alice_browser.get("/my-account/").text


def test_a_renewal_that_is_late_is_not_announced_for_the_past(alice_browser, linked_alice):
    Grant.objects.update(refresh_due_at=clock.now() - timedelta(hours=3))

    assert "due now" in alice_browser.get("/webex/").text


def test_an_ended_connection_is_not_called_linked(alice_browser, linked_alice):
    Grant.objects.update(status="CONSENT_LOST")

    page = alice_browser.get("/webex/").text

    assert "Account that was linked" in page
    assert "Linked since" not in page
    assert "Link again" in page


def test_the_status_where_webex_is_not_offered(alice_browser, acme):
    acme.is_enabled = False
    acme.save()

    assert status(alice_browser)["status"] == "not_offered"
    assert alice_browser.badge() == ""


def test_the_status_needs_a_session_and_the_permission(browser, nina, acme):
    signed_out = browser(None).get("/webex/status/")
    without_permission = browser(nina).get("/webex/status/")

    assert (signed_out.status_code, without_permission.status_code) == (401, 403)
    assert "linked" not in signed_out.json().keys() | without_permission.json().keys()


@pytest.mark.parametrize("path", ["/", "/my-account/", "/webex/status/"])
def test_a_page_with_the_badge_takes_one_query(
    alice_browser, linked_alice, django_assert_num_queries, path
):
    """The session with its user and how they stand; the hostname was read a moment before."""
    alice_browser.get(path)  # the key canary is asked once per process

    with django_assert_num_queries(1):
        alice_browser.get(path)


def test_the_badge_is_of_whom_the_session_names_whatever_the_row_beside_it_says(
    alice_browser, linked_alice, bob
):
    SessionOwner.objects.update(user=bob)

    assert status(alice_browser)["webex_email"] == ALICE_AT_WEBEX


def test_each_hostname_has_its_own_badge(alice_browser, linked_alice, globex):
    there = alice_browser.get("/webex/status/", HTTP_HOST=H2).json()

    assert (status(alice_browser)["status"], there["status"]) == ("linked", "not_linked")


@pytest.mark.parametrize("path", ["/", "/my-account/", "/webex/", "/webex/status/"])
def test_no_page_but_the_profile_asks_webex(alice_browser, linked_alice, sandbox, path):
    sandbox.ledger.clear()

    alice_browser.get(path)

    assert not sandbox.ledger.calls


# --- Started, and did not come back -------------------------------------------------------------

DID_NOT_COME_BACK = "ago and did not come back."


@pytest.mark.parametrize(
    ("minutes", "is_mentioned"), [(0, False), (3, True), (59, True), (61, False)]
)
def test_a_consent_that_never_came_back_is_mentioned(
    alice_browser, acme, travel, minutes, is_mentioned
):
    alice_browser.start()
    travel(timedelta(minutes=minutes))

    page = alice_browser.get("/webex/").text

    assert (DID_NOT_COME_BACK in page) is is_mentioned
    assert ('<details class="card" open>' in page) is is_mentioned
    assert f"You started {minutes}\xa0minutes {DID_NOT_COME_BACK}" in page or not is_mentioned


@pytest.mark.parametrize("end", ["link", "decline"])
def test_a_consent_that_came_back_is_not_mentioned(alice_browser, travel, end):
    getattr(alice_browser, end)(ALICE_AT_WEBEX)
    travel(timedelta(minutes=3))

    assert DID_NOT_COME_BACK not in alice_browser.get("/webex/").text


def test_an_older_forgotten_tab_is_not_mentioned_after_a_success(alice_browser, travel):
    alice_browser.start()
    alice_browser.link(ALICE_AT_WEBEX)
    travel(timedelta(minutes=3))

    assert DID_NOT_COME_BACK not in alice_browser.get("/webex/").text


def test_nobody_is_told_what_another_user_started(alice_browser, browser, bob, travel):
    alice_browser.start()
    travel(timedelta(minutes=3))

    assert DID_NOT_COME_BACK not in browser(bob).get("/webex/").text


def test_the_webex_page_lists_what_was_allowed_in_one_order(alice_browser, linked_alice):
    page = alice_browser.get("/webex/").text

    listed = page.partition('id="permissions"')[2].partition("</ul>")[0]
    allowed = re.findall(r"<li>([^<]+)</li>", listed)
    assert allowed == [scope_in_words(scope) for scope in sorted(Grant.objects.get().scopes)]
    assert len(allowed) > 8


def test_the_webex_page_lists_what_happened(alice_browser, linked_alice):
    alice_browser.post("/webex/disconnect/")
    alice_browser.link(ALICE_AT_WEBEX)

    page = alice_browser.get("/webex/").text

    assert len(re.findall(r"<span>\s*Linked\s*</span>", page)) == 2
    assert len(re.findall(r"<span>\s*Disconnected\s*</span>", page)) == 1
    assert AuthorizationRequest.objects.count() == 2
