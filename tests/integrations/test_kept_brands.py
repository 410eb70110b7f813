"""A hostname is read once in a few seconds, and yet nobody decides by what it was."""

import pytest
from django.db.models import QuerySet

from integrations import clock, sso_session
from integrations.models import AuthorizationRequest, BrandedURL, Grant, kept_brands
from integrations.operations import integrations
from tests.conftest import ALICE_AT_WEBEX, H1


@pytest.fixture
def behind_our_back(alice_browser):
    """Another process changes the row: this one keeps what it was for some seconds."""
    alice_browser.get("/")

    def change(**columns):
        QuerySet.update(BrandedURL.objects.filter(hostname=H1), **columns)

    return change


def test_what_this_process_changed_is_seen_at_once(alice_browser):
    alice_browser.get("/")
    BrandedURL.objects.filter(hostname=H1).update(brand_name="Acme Two")
    assert "Acme Two" in alice_browser.get("/").text

    brand = BrandedURL.objects.get(hostname=H1)
    brand.brand_name = "Acme Three"
    brand.save()
    assert "Acme Three" in alice_browser.get("/").text

    brand.delete()
    assert alice_browser.get("/").status_code == 400


def test_an_integration_that_this_process_deleted_is_gone_at_once(alice_browser, acme):
    alice_browser.get("/")

    integrations.delete(acme, now=clock.now())

    assert BrandedURL.objects.lately_serving(H1).app is None


def test_an_integration_that_this_process_disabled_is_off_at_once(alice_browser, acme):
    alice_browser.get("/")

    integrations.disable(acme, now=clock.now())

    assert not BrandedURL.objects.lately_serving(H1).app.is_enabled


def test_nothing_else_that_is_kept_can_be_named_by_a_host(browser, root, acme):
    browser(root, "admin.example.com").get("/admin/")

    assert kept_brands.find(sso_session.PORTAL_RULE)
    answer = browser(None, sso_session.PORTAL_RULE).get("/")
    assert answer.status_code == 400


def test_what_another_changed_is_seen_a_little_later(alice_browser, behind_our_back):
    behind_our_back(brand_name="Acme Two")

    assert "Acme Two" not in alice_browser.get("/").text

    kept_brands.kept.clear()  # as time does
    assert "Acme Two" in alice_browser.get("/").text


def test_the_badge_is_of_the_integration_that_the_hostname_has_now(
    alice_browser, linked_alice, globex, behind_our_back
):
    behind_our_back(app=globex)

    assert alice_browser.get("/webex/status/").json()["status"] == "not_linked"


def test_a_consent_begins_with_the_integration_that_the_hostname_has_now(
    alice_browser, globex, behind_our_back
):
    behind_our_back(app=globex)

    alice_browser.start()

    assert AuthorizationRequest.objects.get().app == globex


def test_a_hostname_that_moved_meanwhile_links_nothing(
    alice_browser, globex, behind_our_back, sandbox
):
    url = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    behind_our_back(app=globex)

    alice_browser.come_back(url)

    assert not Grant.objects.exists()


def test_nobody_works_with_the_grant_of_another_integration(
    alice_browser, linked_alice, globex, behind_our_back, sandbox
):
    behind_our_back(app=globex)
    sandbox.ledger.clear()

    page = alice_browser.get("/webex/profile/").text

    assert "Link your Webex account" in page
    assert not sandbox.ledger.calls
