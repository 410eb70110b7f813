"""Disconnecting: our tokens go at once, and the page says honestly what Webex knows of it."""

import pytest

from integrations import clock
from integrations.models import BrandedURL, Grant
from integrations.operations import integrations
from integrations.renewal import on_demand
from integrations.scopes import MINIMUM
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX, CAROL_AT_WEBEX, H1, H2
from tests.integrations import sweeping
from tests.integrations.refusals import raw, spoil

REVOCATION = ("identity:tokens_read", "identity:tokens_write")


@pytest.fixture
def revocable(make_app):
    return make_app("Revocable", H1, scopes=[*MINIMUM, *REVOCATION])


def live_tokens(sandbox, email):
    dead = [grant.id for grant in sandbox.state.grants.values() if grant.revoked_at]
    tokens = [token for token in sandbox.state.tokens.values() if token.person_email == email]
    return [token for token in tokens if token.grant_id not in dead and not token.revoked_at]


def disconnect(client):
    response = client.post("/webex/disconnect/")
    assert (response.status_code, response["Location"]) == (303, "/webex/")
    return client.get("/webex/").text


def test_the_tokens_are_gone_and_the_mark_is_red(alice_browser, linked_alice):
    disconnect(alice_browser)

    columns = ("access_token", "refresh_token", "refresh_due_at", "refresh_token_expires_at")
    assert [raw(linked_alice, column) for column in columns] == [None] * 4
    assert raw(linked_alice, "status") == "DISCONNECTED"
    assert alice_browser.badge() == "not-linked"
    event = linked_alice.events.latest("pk")
    assert (event.kind, event.actor.username) == ("DISCONNECTED", "alice")


def test_a_disconnected_grant_is_never_renewed(alice_browser, linked_alice, sandbox):
    disconnect(alice_browser)
    calls = sandbox.ledger.count("/v1/access_token")

    assert on_demand.make_due([linked_alice], now=clock.now()) == 0
    assert not sweeping.sweep(seconds=1)
    assert sandbox.ledger.count("/v1/access_token") == calls


def test_linking_again_works(alice_browser, linked_alice):
    disconnect(alice_browser)

    alice_browser.link(ALICE_AT_WEBEX)

    assert alice_browser.badge() == "linked"
    assert Grant.objects.get().pk == linked_alice.pk
    assert linked_alice.events.latest("pk").kind == "LINKED"


def test_the_page_says_that_it_was_revoked_at_webex(browser, alice, revocable, sandbox):
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)

    assert "Disconnected here, and revoked at Webex too." in disconnect(client)

    assert not live_tokens(sandbox, ALICE_AT_WEBEX)


def test_consents_given_earlier_are_revoked_as_well(browser, alice, revocable, sandbox):
    client = browser(alice)
    for _ in range(3):
        client.link(ALICE_AT_WEBEX)

    assert "revoked at Webex too" in disconnect(client)

    assert not live_tokens(sandbox, ALICE_AT_WEBEX)


def test_revoking_names_one_authorization_and_never_the_client(
    browser, alice, revocable, globex, sandbox
):
    other = browser(alice, H2)
    other.link(ALICE_AT_WEBEX)
    carols = sandbox.grant(CAROL_AT_WEBEX, revocable.client_id)
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)

    disconnect(client)

    deletions = [call for call in sandbox.ledger.calls if call.method == "DELETE"]
    assert deletions
    assert all(call.path != "/v1/authorizations" and not call.query for call in deletions)
    left = {token.client_id for token in live_tokens(sandbox, ALICE_AT_WEBEX)}
    assert left == {globex.client_id}
    assert carols["refresh_token"] in {t.value for t in live_tokens(sandbox, CAROL_AT_WEBEX)}
    assert other.badge() == "linked"


def test_the_page_says_that_the_permissions_do_not_allow_revoking(alice_browser, linked_alice):
    alice_browser.sandbox.ledger.clear()

    page = disconnect(alice_browser)

    assert "The permissions you granted do not let it tell Webex" in page
    assert "https://idbroker.webex.com/idb/profile#/tokens" in page
    assert not alice_browser.sandbox.ledger.calls


def test_nothing_is_revoked_while_another_user_shares_the_webex_account(
    browser, alice, bob, revocable, sandbox
):
    alices, bobs = browser(alice), browser(bob)
    alices.link(ALICE_AT_WEBEX)
    bobs.link(ALICE_AT_WEBEX)

    assert "is still linked elsewhere in this portal" in disconnect(alices)

    assert live_tokens(sandbox, ALICE_AT_WEBEX)
    assert bobs.badge() == "linked"
    assert ALICE_AT_WEBEX in bobs.get("/webex/profile/").text


def test_nothing_is_revoked_while_another_integration_has_the_same_client_id(
    browser, alice, revocable, sandbox
):
    twin = integrations.clone(revocable, name="Twin", now=clock.now())
    twin.replace_secret(revocable.client_secret, now=clock.now())
    twin.is_enabled = True
    twin.save()
    BrandedURL.objects.create(hostname=H2, app=twin)
    registered = sandbox.state.integrations[twin.client_id]
    registered.redirect_uris += (BrandedURL(hostname=H2).redirect_uri,)
    here, there = browser(alice), browser(alice, H2)
    here.link(ALICE_AT_WEBEX)
    there.link(ALICE_AT_WEBEX)

    assert "is still linked elsewhere in this portal" in disconnect(here)

    assert live_tokens(sandbox, ALICE_AT_WEBEX)
    assert "revoked at Webex too" in disconnect(there)
    assert not live_tokens(sandbox, ALICE_AT_WEBEX)


def test_it_is_revoked_though_another_user_is_linked_through_another_client(
    browser, alice, bob, revocable, globex, sandbox
):
    alices, bobs = browser(alice), browser(bob, H2)
    alices.link(ALICE_AT_WEBEX)
    bobs.link(ALICE_AT_WEBEX)

    assert "revoked at Webex too" in disconnect(alices)

    assert {token.client_id for token in live_tokens(sandbox, ALICE_AT_WEBEX)} == {globex.client_id}


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 401}, {"cut": "before_status"}, {"body": b"nonsense"}],
    ids=str,
)  # fmt: skip
def test_the_page_says_that_webex_could_not_be_told(browser, alice, revocable, sandbox, fault):
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)
    sandbox.fault("/v1/authorizations*", times=None, **fault)

    assert "Webex could not be told" in disconnect(client)

    assert raw(Grant.objects.get(), "refresh_token") is None


def test_a_user_who_is_no_admin_at_webex_is_told_that_it_failed(browser, bob, revocable):
    client = browser(bob)
    client.link(BOB_AT_WEBEX)

    assert "Webex could not be told" in disconnect(client)

    assert client.badge() == "not-linked"


def test_undecryptable_tokens_can_be_disconnected(browser, alice, revocable):
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)
    spoil(Grant.objects.get(), "access_token")

    assert "Webex could not be told" in disconnect(client)

    assert client.badge() == "not-linked"


def test_disconnecting_twice_is_harmless(alice_browser, linked_alice):
    disconnect(alice_browser)

    assert "There was nothing to disconnect." in disconnect(alice_browser)
    assert linked_alice.events.filter(kind="DISCONNECTED").count() == 1


def test_a_lost_consent_can_be_disconnected(alice_browser, linked_alice):
    Grant.objects.update(status="CONSENT_LOST")

    disconnect(alice_browser)

    assert raw(linked_alice, "status") == "DISCONNECTED"
    assert raw(linked_alice, "refresh_token") is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_post_disconnects(alice_browser, linked_alice, method):
    response = alice_browser.generic(method, "/webex/disconnect/")

    assert response.status_code == 405
    assert alice_browser.badge() == "linked"


def test_disconnecting_needs_the_csrf_token(alice_browser, linked_alice):
    alice_browser.handler.enforce_csrf_checks = True

    response = alice_browser.post("/webex/disconnect/", HTTP_ORIGIN="https://evil.example")

    assert response.status_code == 403
    assert alice_browser.badge() == "linked"
