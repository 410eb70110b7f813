"""Another Webex person than the linked one consents: "replace A by B?"."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.linking import disconnection
from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from integrations.operations import housekeeping, integrations
from integrations.scopes import MINIMUM
from tests import threads
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX, CAROL_AT_WEBEX, H1, H2, H3
from tests.integrations.linking.test_disconnecting import REVOCATION, live_tokens
from tests.integrations.refusals import raw, rows


@pytest.fixture
def question(alice_browser, linked_alice):
    """Where Alice is asked, after she signed in at Webex as Carol."""
    return alice_browser.link(CAROL_AT_WEBEX, next="/webex/")["Location"]


def person():
    return Grant.objects.get().person_email


def test_nothing_changes_before_the_user_decided(alice_browser, linked_alice):
    before = rows(Grant)

    response = alice_browser.link(CAROL_AT_WEBEX)

    request = AuthorizationRequest.objects.latest("pk")
    assert (response.status_code, response["Location"]) == (303, f"/webex/replace/{request.pk}/")
    assert rows(Grant) == before
    assert alice_browser.badge() == "linked"


def test_the_question_names_both_accounts_and_shows_no_token(alice_browser, question):
    page = alice_browser.get(question).text

    assert ALICE_AT_WEBEX in page
    assert CAROL_AT_WEBEX in page
    assert not any(token.value in page for token in alice_browser.sandbox.ledger.tokens)
    assert f'href="{question}"' in alice_browser.get("/webex/").text


def test_the_pending_tokens_are_encrypted(question, sandbox):
    column = raw(AuthorizationRequest.objects.latest("pk"), "pending_tokens")

    assert column.startswith("gAAAA")


def test_replacing_links_the_other_account(alice_browser, question, sandbox, acme):
    response = alice_browser.post(question, {"decision": "replace"})

    assert (response.status_code, response["Location"]) == (303, "/webex/")
    grant = Grant.objects.get()
    assert (grant.person_email, grant.status) == (CAROL_AT_WEBEX, "ACTIVE")
    assert grant.refresh_token == sandbox.ledger.tip(CAROL_AT_WEBEX, acme.client_id)
    assert grant.events.latest("pk").kind == "REPLACED"
    assert CAROL_AT_WEBEX in alice_browser.get("/my-account/").text
    assert raw(AuthorizationRequest.objects.latest("pk"), "pending_tokens") is None


@pytest.mark.parametrize("decision", ["keep", "", "REPLACE", "anything"])
def test_everything_but_replace_keeps_the_linked_account(alice_browser, question, decision):
    before = rows(Grant)

    response = alice_browser.post(question, {"decision": decision})

    assert (response.status_code, response["Location"]) == (303, "/webex/")
    assert rows(Grant) == before
    assert raw(AuthorizationRequest.objects.latest("pk"), "pending_tokens") is None


@pytest.mark.parametrize("decision", ["replace", "keep"])
def test_a_decision_counts_once(alice_browser, question, decision):
    alice_browser.post(question, {"decision": decision})
    before = rows(Grant)

    again = [alice_browser.get(question), alice_browser.post(question, {"decision": "replace"})]

    assert [response.status_code for response in again] == [404, 303]
    assert rows(Grant) == before


def test_a_double_click_ends_on_the_page_that_says_what_is_linked(alice_browser, question):
    alice_browser.post(question, {"decision": "replace"})

    page = alice_browser.post(question, {"decision": "replace"}, follow=True)

    assert page.status_code == 200
    assert "There is nothing to decide any more. Here is what is linked now." in page.text
    assert CAROL_AT_WEBEX in page.text


def test_the_question_is_open_for_ten_minutes(alice_browser, question, travel):
    travel(timedelta(minutes=9, seconds=55))
    assert alice_browser.get(question).status_code == 200

    travel(timedelta(seconds=6))
    assert alice_browser.get(question).status_code == 404
    assert alice_browser.post(question, {"decision": "replace"}).status_code == 303
    assert person() == ALICE_AT_WEBEX


def test_an_unanswered_question_forgets_its_tokens(question, travel):
    travel(timedelta(minutes=11))

    housekeeping.tidy(now=clock.now())

    assert not AuthorizationRequest.objects.filter(pending_tokens__isnull=False).exists()


def test_disconnecting_meanwhile_withdraws_the_question(alice_browser, question):
    alice_browser.post("/webex/disconnect/")

    assert alice_browser.get(question).status_code == 404
    assert alice_browser.post(question, {"decision": "replace"}).status_code == 303
    assert not AuthorizationRequest.objects.filter(pending_tokens__isnull=False).exists()
    assert alice_browser.badge() == "not-linked"


def test_disconnecting_leaves_the_question_of_another_integration(
    alice_browser, question, globex, browser, alice
):
    elsewhere = browser(alice, H2)
    elsewhere.link(BOB_AT_WEBEX)

    elsewhere.post("/webex/disconnect/")

    assert alice_browser.get(question).status_code == 200


@pytest.mark.parametrize("change", ["disabled", "unmapped"])
def test_a_configuration_changed_meanwhile_withdraws_the_question(
    alice_browser, question, acme, change
):
    if change == "disabled":
        acme.is_enabled = False
        acme.save()
    else:
        BrandedURL.objects.filter(hostname=H1).update(app=None)

    assert alice_browser.get(question).status_code == 404
    assert alice_browser.post(question, {"decision": "replace"}).status_code == 303
    assert person() == ALICE_AT_WEBEX


def test_a_client_id_changed_meanwhile_withdraws_the_question(alice_browser, question, acme):
    acme.client_id = "C0ffee"
    integrations.save(acme, secret="", changed={"client_id"}, now=clock.now())

    assert alice_browser.get(question).status_code == 404
    assert alice_browser.post(question, {"decision": "replace"}).status_code == 303
    assert person() == ALICE_AT_WEBEX
    assert not AuthorizationRequest.objects.filter(pending_tokens__isnull=False).exists()


def test_a_question_of_the_present_client_survives_saving(alice_browser, question, acme):
    integrations.save(acme, secret="new", changed={"name"}, now=clock.now())

    assert alice_browser.get(question).status_code == 200


def test_a_question_of_a_former_client_is_not_asked(alice_browser, question, acme):
    WebexApp.objects.filter(pk=acme.pk).update(client_id="C0ffee")

    assert alice_browser.get(question).status_code == 404
    assert alice_browser.post(question, {"decision": "replace"}).status_code == 303


def test_the_question_is_not_asked_on_another_brand(question, browser, alice, globex):
    assert browser(alice, H2).get(question).status_code == 404
    assert browser(alice, H3).get(question).status_code == 200


def test_who_lost_the_right_meanwhile_cannot_decide(alice_browser, question, alice):
    alice.groups.clear()

    assert alice_browser.post(question, {"decision": "replace"}).status_code == 403
    assert person() == ALICE_AT_WEBEX


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
def test_a_question_is_asked_and_answered_with_get_and_post_only(alice_browser, question, method):
    assert alice_browser.generic(method, question).status_code == 405


def test_an_account_whose_consent_was_lost_is_not_replaced_unasked(alice_browser, linked_alice):
    Grant.objects.update(status="CONSENT_LOST")

    response = alice_browser.link(CAROL_AT_WEBEX)

    assert "/webex/replace/" in response["Location"]


def test_a_disconnected_account_needs_no_question(alice_browser, linked_alice):
    alice_browser.post("/webex/disconnect/")

    alice_browser.link(CAROL_AT_WEBEX)

    assert person() == CAROL_AT_WEBEX


def test_the_same_person_is_linked_again_without_a_question(alice_browser, linked_alice):
    response = alice_browser.link(ALICE_AT_WEBEX)

    assert response["Location"] == "/my-account/"
    assert linked_alice.events.latest("pk").kind == "RELINKED"


def person_at_webex(sandbox, *, person_id, email):
    body = f'{{"id": "{person_id}", "emails": ["{email}"], "displayName": "A Person"}}'
    sandbox.fault("/v1/people/me", body=body.encode())


def test_ids_that_differ_in_case_only_are_two_people(alice_browser, sandbox):
    person_at_webex(sandbox, person_id="Y2lzY29", email=ALICE_AT_WEBEX)
    alice_browser.link(ALICE_AT_WEBEX)

    person_at_webex(sandbox, person_id="y2LZy29", email=ALICE_AT_WEBEX)
    response = alice_browser.link(ALICE_AT_WEBEX)

    assert "/webex/replace/" in response["Location"]


def test_a_new_e_mail_address_does_not_make_another_person(alice_browser, sandbox):
    person_at_webex(sandbox, person_id="Y2lzY29", email="before@acme.example")
    alice_browser.link(ALICE_AT_WEBEX)

    person_at_webex(sandbox, person_id="Y2lzY29", email="after@acme.example")
    alice_browser.link(ALICE_AT_WEBEX)

    assert person() == "after@acme.example"


# --- What becomes of the tokens that nobody wants ------------------------------------------------


@pytest.fixture
def revocable_question(make_app, alice, browser, sandbox):
    """Alice is linked, and signed in at Webex as Carol, with scopes that allow revoking."""
    make_app("Revocable", H1, scopes=[*MINIMUM, *REVOCATION])
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)
    return client, client.link(CAROL_AT_WEBEX)["Location"]


def decide(client, question, decision):
    client.post(question, {"decision": decision})
    threads.finish(disconnection.THREAD)


@pytest.mark.django_db(transaction=True)
def test_a_declined_consent_is_revoked_at_webex(revocable_question, sandbox):
    client, question = revocable_question
    assert live_tokens(sandbox, CAROL_AT_WEBEX)

    decide(client, question, "keep")

    assert not live_tokens(sandbox, CAROL_AT_WEBEX)
    assert live_tokens(sandbox, ALICE_AT_WEBEX)


@pytest.mark.django_db(transaction=True)
def test_a_declined_consent_is_not_revoked_where_that_person_is_linked(
    revocable_question, sandbox, browser, bob
):
    client, question = revocable_question
    browser(bob).link(CAROL_AT_WEBEX)

    decide(client, question, "keep")

    assert Grant.objects.get(user=bob).refresh_token in {
        token.value for token in live_tokens(sandbox, CAROL_AT_WEBEX)
    }


@pytest.mark.django_db(transaction=True)
def test_an_accepted_consent_lives(revocable_question, sandbox):
    client, question = revocable_question

    decide(client, question, "replace")

    assert live_tokens(sandbox, CAROL_AT_WEBEX)


@pytest.mark.django_db(transaction=True)
def test_webex_is_not_asked_to_revoke_where_the_scopes_do_not_allow_it(
    alice_browser, question, sandbox
):
    sandbox.ledger.clear()

    decide(alice_browser, question, "keep")

    assert not sandbox.ledger.calls
