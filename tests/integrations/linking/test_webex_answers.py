"""Whatever Webex answers about the person and the scopes, the callback does not break."""

import pytest

from integrations.models import Grant
from integrations.scopes import MINIMUM
from tests.conftest import ALICE_AT_WEBEX, H1
from tests.integrations.views.test_pages import status


def test_tokens_are_stored_only_after_webex_said_whose_they_are(alice_browser):
    alice_browser.sandbox.fault("/v1/people/me", status=503)

    alice_browser.link(ALICE_AT_WEBEX)

    assert "Nothing was changed; please try again." in alice_browser.get("/my-account/").text
    assert not Grant.objects.exists()


@pytest.mark.parametrize("person_id", ["", "x" * 300, "nul\x00inside"])
def test_a_person_without_a_usable_id_is_not_linked(alice_browser, person_id):
    body = f'{{"id": "{person_id}", "emails": ["a@b.example"]}}'.replace("\x00", "\\u0000")
    alice_browser.sandbox.fault("/v1/people/me", body=body.encode())

    assert alice_browser.link(ALICE_AT_WEBEX).status_code == 303

    assert not Grant.objects.exists()


@pytest.mark.parametrize("name", ["Al\\ud800ice", "Al\\u0000ice"])
def test_a_name_that_no_database_takes_is_left_out(alice_browser, name):
    body = f'{{"id": "a-person", "emails": ["a@b.example"], "displayName": "{name}"}}'
    alice_browser.sandbox.fault("/v1/people/me", body=body.encode())

    assert alice_browser.link(ALICE_AT_WEBEX).status_code == 303

    assert Grant.objects.get().person_name == ""


@pytest.mark.parametrize("scope", ["a\x00b", "x" * 100_000])
def test_a_hostile_scope_does_not_break_the_callback(alice_browser, scope):
    alice_browser.sandbox.scenario.update({"override": {"scope": scope}})

    assert alice_browser.link(ALICE_AT_WEBEX).status_code == 303

    assert alice_browser.badge() == "not-linked"


# --- Scopes -------------------------------------------------------------------------------------


def test_a_missing_minimum_scope_is_red_and_named(alice_browser, sandbox):
    sandbox.scenario.update({"granted_scopes": [s for s in MINIMUM if s != "spark:people_write"]})

    alice_browser.link(ALICE_AT_WEBEX)

    page = alice_browser.get("/webex/").text
    assert status(alice_browser)["status"] == "scopes_missing"
    assert alice_browser.badge() == "not-linked"
    assert "Linked, but permissions that this portal needs are missing." in page
    assert "spark:people_write" in page
    assert "spark:people_read<" not in page


def test_another_missing_scope_is_green_with_a_hint(browser, alice, make_app, sandbox):
    make_app("Wide", H1, scopes=[*MINIMUM, "spark:memberships_read"])
    sandbox.scenario.update({"granted_scopes": list(MINIMUM)})
    client = browser(alice)

    client.link(ALICE_AT_WEBEX)

    assert client.badge() == "linked"
    assert status(client)["reason"] == "Reconnect to grant new permissions."
    assert "spark:memberships_read" in client.get("/webex/").text


@pytest.mark.parametrize("add_kms", [True, False])
def test_the_kms_scope_never_counts(alice_browser, sandbox, add_kms):
    granted = [scope for scope in MINIMUM if scope != "spark:kms"]
    sandbox.scenario.update({"granted_scopes": granted, "add_kms": add_kms})

    alice_browser.link(ALICE_AT_WEBEX)

    assert status(alice_browser)["reason"] == "Your Webex account is linked."
    assert ("spark:kms" in Grant.objects.get().scopes) is add_kms


def test_more_than_asked_for_is_stored_as_granted(alice_browser, sandbox):
    sandbox.scenario.update({"granted_scopes": [*MINIMUM, "spark:all"]})

    alice_browser.link(ALICE_AT_WEBEX)

    assert Grant.objects.get().scopes == {*MINIMUM, "spark:all"}
    assert alice_browser.badge() == "linked"


def test_no_scope_in_the_answer_means_as_requested(alice_browser, sandbox, acme):
    sandbox.scenario.update({"omit": ["scope"]})

    alice_browser.link(ALICE_AT_WEBEX)

    assert Grant.objects.get().scopes == set(acme.scopes)


def test_an_answer_without_a_refresh_token_is_not_a_link(alice_browser, sandbox):
    sandbox.scenario.update({"omit": ["refresh_token"]})

    alice_browser.link(ALICE_AT_WEBEX)

    assert "cannot be renewed, so nothing was linked" in alice_browser.get("/my-account/").text
    assert alice_browser.badge() == "not-linked"
