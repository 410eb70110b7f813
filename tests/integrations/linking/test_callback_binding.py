"""A return counts only for the person, browser, hostname and configuration it was started with."""

import pytest
from django.contrib.auth.models import Group

from integrations import clock
from integrations.models import BrandedURL, Grant
from integrations.views.consent import BINDING
from tests.conftest import ALICE_AT_WEBEX, BOB_AT_WEBEX, H1, H2, H3
from tests.integrations.refusals import TOKEN_ENDPOINT, assert_refused

# --- Another person, browser, hostname ----------------------------------------------------------


@pytest.mark.parametrize("ignore_pkce", [False, True], ids=["with PKCE", "without PKCE"])
def test_mallorys_return_link_does_nothing_in_alices_browser(
    alice_browser, browser, mallory, caplog, ignore_pkce
):
    alice_browser.sandbox.scenario.update({"ignore_pkce": ignore_pkce})
    mallorys = browser(mallory)
    redirect = mallorys.sandbox.accept(mallorys.start(), BOB_AT_WEBEX)
    alice_browser.start()

    assert_refused(alice_browser, redirect, caplog)

    assert not Grant.objects.exists()


def test_a_return_in_another_browser_of_the_same_person_is_refused(
    alice_browser, browser, alice, caplog
):
    elsewhere = browser(alice)
    elsewhere.start()
    redirect = elsewhere.sandbox.accept(elsewhere.start(), ALICE_AT_WEBEX)

    assert_refused(alice_browser, redirect, caplog)


def test_mallorys_return_link_is_not_alices_even_in_mallorys_browser(
    alice_browser, browser, mallory, caplog
):
    mallorys = browser(mallory)
    redirect = mallorys.sandbox.accept(mallorys.start(), BOB_AT_WEBEX)
    session = alice_browser.session
    session[BINDING] = mallorys.session[BINDING]  # no sign-in of ours would leave it
    session.save()

    assert_refused(alice_browser, redirect, caplog)

    assert not Grant.objects.exists()


def test_a_rotated_session_key_does_not_end_the_flow(alice_browser):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    session = alice_browser.session
    session.cycle_key()
    alice_browser.cookies[next(iter(alice_browser.cookies))] = session.session_key

    assert alice_browser.come_back(redirect).status_code == 303


@pytest.mark.parametrize("other_host", [H2, H3], ids=["another brand", "the same app"])
def test_a_return_to_another_hostname_is_refused(alice_browser, globex, caplog, other_host):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)

    assert_refused(alice_browser, redirect.split("example.com")[1], caplog, HTTP_HOST=other_host)

    assert not Grant.objects.exists()


@pytest.mark.parametrize("cookie", [None, "garbage", "expired"])
def test_a_return_without_a_session_leads_to_a_clean_sign_in(
    alice_browser, browser, acme, settings, cookie
):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    stranger = browser(None)
    if cookie:
        stranger.cookies[settings.SESSION_COOKIE_NAME] = cookie
    if cookie == "expired":
        alice_browser.session.flush()
        stranger = alice_browser

    response = stranger.come_back(redirect)

    assert (response.status_code, response["Location"]) == (303, "/sign-in/?next=/webex/")
    assert stranger.sandbox.ledger.count(TOKEN_ENDPOINT) == 0


@pytest.mark.parametrize("loss", ["permission", "account", "row"])
def test_who_lost_the_right_meanwhile_gets_no_grant(alice_browser, alice, loss):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    if loss == "permission":
        alice.groups.remove(Group.objects.get(name="Webex users"))
    elif loss == "account":
        alice.is_active = False
        alice.save()
    else:
        alice.delete()

    response = alice_browser.come_back(redirect)

    assert response.status_code == (403 if loss == "permission" else 303)
    assert response.get("Location", "/sign-in/?next=/webex/") == "/sign-in/?next=/webex/"
    assert not Grant.objects.exists()
    assert alice_browser.sandbox.ledger.count(TOKEN_ENDPOINT) == 0


# --- Changed configuration ----------------------------------------------------------------------


def remap(app, other):
    BrandedURL.objects.filter(hostname=H1).update(app=other)


def unmap(app, other):
    BrandedURL.objects.filter(hostname=H1).update(app=None)


def disable(app, other):
    app.is_enabled = False
    app.save()


def delete(app, other):
    app.delete()


def change_secret(app, other):
    app.replace_secret("another-secret", now=clock.now())
    app.save()


def change_client(app, other):
    app.client_id = "C1234"
    app.save()


@pytest.mark.parametrize("change", [remap, unmap, disable, delete, change_secret, change_client])
def test_a_configuration_changed_meanwhile_ends_the_flow(
    alice_browser, acme, globex, caplog, change
):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    change(acme, globex)

    assert_refused(alice_browser, redirect, caplog)
