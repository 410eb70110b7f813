"""Test link: the admin's own round trip. It proves the hostname and keeps nothing."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import AuthorizationRequest, BrandedURL, Grant, WebexApp
from tests.browsing import query
from tests.conftest import ALICE_AT_WEBEX, H1, H2, H3
from tests.integrations.admin.conftest import ADMIN_HOST

CALLBACK = "/webex/callback/"


def ticket_of(client, app, hostname=H1) -> str:
    """Presses "Test link"; the path on the branded host that the browser is sent to."""
    brand = BrandedURL.objects.get(hostname=hostname)
    page = client.post(f"/admin/integrations/webexapp/{app.pk}/test/{brand.pk}/")
    assert page.status_code == 200, page.status_code
    url = html.unescape(re.search(r'content="0; url=([^"]+)"', page.text)[1])
    assert url.startswith(f"https://{hostname}/")
    return url.removeprefix(f"https://{hostname}")


@pytest.fixture
def tester(browser):
    """The admin's browser at the branded host, where nobody is signed in."""
    return browser(None, H1)


def test_the_round_trip_says_who_answered_and_keeps_nothing(paula, acme, tester, sandbox):
    departure = tester.get(ticket_of(paula, acme))
    page = tester.come_back(sandbox.accept(departure["Location"], ALICE_AT_WEBEX))

    assert page.status_code == 200
    assert "The link works" in page.text
    assert ALICE_AT_WEBEX in page.text
    assert not Grant.objects.exists()
    request = AuthorizationRequest.objects.get()
    assert (request.is_test, request.pending_tokens) == (True, None)


def progress(client, app):
    brand = BrandedURL.objects.get(hostname=H1)
    return client.get(f"/admin/integrations/webexapp/{app.pk}/test/{brand.pk}/progress/").json()


def test_the_tab_it_was_pressed_in_hears_of_it(paula, acme, tester, sandbox, travel):
    assert progress(paula, acme) == {"progress": "failed"}  # there was none
    departure = tester.get(ticket_of(paula, acme))
    assert progress(paula, acme) == {"progress": "waiting"}
    tester.come_back(sandbox.accept(departure["Location"], ALICE_AT_WEBEX))
    assert progress(paula, acme) == {"progress": "worked"}
    ticket_of(paula, acme)
    travel(timedelta(minutes=11))
    assert progress(paula, acme) == {"progress": "failed"}


def test_it_is_remembered_as_the_last_successful_return(paula, acme, tester, sandbox):
    tester.come_back(sandbox.accept(tester.get(ticket_of(paula, acme))["Location"], ALICE_AT_WEBEX))

    returned = BrandedURL.objects.exclude(last_return_at=None)
    assert [brand.hostname for brand in returned] == [H1]


def test_a_users_own_link_is_remembered_too(linked_alice):
    assert BrandedURL.objects.get(hostname=H1).last_return_at
    assert BrandedURL.objects.get(hostname=H3).last_return_at is None


def test_an_integration_can_be_tested_before_it_is_enabled(paula, acme, tester, sandbox):
    WebexApp.objects.update(is_enabled=False)

    page = tester.come_back(
        sandbox.accept(tester.get(ticket_of(paula, acme))["Location"], ALICE_AT_WEBEX)
    )

    assert "The link works" in page.text


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            lambda app: setattr(app, "client_secret", "wrong"),
            "Check client ID, client secret and redirect URI",
        ),
        (lambda app: None, "You declined at Webex"),
    ],
)
def test_what_went_wrong_is_a_sentence_with_a_next_step(
    paula, acme, tester, sandbox, break_it, sentence
):
    break_it(acme)
    acme.save()
    url = tester.get(ticket_of(paula, acme))["Location"]
    decide = sandbox.decline if "declined" in sentence else sandbox.accept

    page = tester.come_back(decide(url, ALICE_AT_WEBEX))

    assert "does not work yet" in page.text
    assert sentence in page.text
    assert BrandedURL.objects.get(hostname=H1).last_return_at is None


def test_an_answer_of_another_issuer_is_told_to_the_admin(paula, acme, tester, sandbox):
    sandbox.scenario.update({"iss": "https://evil.example"})

    page = tester.come_back(
        sandbox.accept(tester.get(ticket_of(paula, acme))["Location"], ALICE_AT_WEBEX)
    )

    assert "comes from an issuer that the portal does not know" in page.text
    assert sandbox.ledger.count("/v1/access_token") == 0


def test_a_result_that_is_opened_again_says_that_the_test_is_over(paula, acme, tester, sandbox):
    redirect = sandbox.accept(tester.get(ticket_of(paula, acme))["Location"], ALICE_AT_WEBEX)
    tester.come_back(redirect)

    again = tester.come_back(redirect)

    assert (again.status_code, "This test is over" in again.text) == (404, True)
    assert sandbox.ledger.count("/v1/access_token") == 1


def test_who_comes_back_too_late_reads_that_the_test_is_over(paula, acme, tester, sandbox, travel):
    redirect = sandbox.accept(tester.get(ticket_of(paula, acme))["Location"], ALICE_AT_WEBEX)
    travel(timedelta(minutes=11))

    assert "This test is over" in tester.come_back(redirect).text
    assert sandbox.ledger.count("/v1/access_token") == 0


def test_a_ticket_works_once(paula, acme, tester, browser):
    ticket = ticket_of(paula, acme)

    assert tester.get(ticket).status_code == 303
    assert browser(None, H1).get(ticket).status_code == 404


def test_a_ticket_is_worth_nothing_at_another_hostname(paula, acme, globex, browser):
    ticket = ticket_of(paula, acme)

    assert browser(None, H2).get(ticket).status_code == 404
    assert browser(None, H3).get(ticket).status_code == 404
    assert browser(None, ADMIN_HOST).get(ticket).status_code == 404


def test_a_ticket_is_over_after_ten_minutes(paula, acme, tester, travel):
    ticket = ticket_of(paula, acme)
    travel(timedelta(minutes=11))

    assert tester.get(ticket).status_code == 404


def test_only_the_browser_that_left_can_come_back(paula, acme, tester, browser, mallory, sandbox):
    url = tester.get(ticket_of(paula, acme))["Location"]
    redirect = sandbox.accept(url, ALICE_AT_WEBEX)

    stranger = browser(None, H1).come_back(redirect)
    signed_in = browser(mallory, H1).come_back(redirect)

    assert (stranger.status_code, signed_in.status_code) == (303, 400)
    assert not Grant.objects.exists()
    assert sandbox.ledger.count("/v1/access_token") == 0
    assert "The link works" in tester.come_back(redirect).text


def test_a_test_cannot_become_a_link(paula, acme, alice, browser, sandbox):
    """Even in a browser where Alice is signed in: the state is a test's, whatever happens."""
    signed_in = browser(alice, H1)

    url = signed_in.get(ticket_of(paula, acme))["Location"]
    signed_in.come_back(sandbox.accept(url, ALICE_AT_WEBEX))

    assert not Grant.objects.exists()
    assert signed_in.badge() == "not-linked"


def test_a_link_in_the_same_browser_is_still_a_link(paula, acme, alice, browser, sandbox):
    signed_in = browser(alice, H1)
    signed_in.get(ticket_of(paula, acme))

    signed_in.link(ALICE_AT_WEBEX)

    assert signed_in.badge() == "linked"


def test_a_users_return_costs_no_query_for_test_links(paula, acme, alice, browser, sandbox):
    signed_in = browser(alice, H1)
    signed_in.link(ALICE_AT_WEBEX)

    def queries():
        redirect = sandbox.accept(signed_in.start(), ALICE_AT_WEBEX)
        with CaptureQueriesContext(connection) as captured:
            signed_in.come_back(redirect)
        return len(captured)

    before = queries()
    signed_in.get(ticket_of(paula, acme))

    assert queries() == before


def test_a_test_page_shows_nothing_of_the_return_url(paula, acme, tester, sandbox):
    url = tester.get(ticket_of(paula, acme))["Location"]
    state = query(url)["state"]

    page = tester.get(f"{CALLBACK}?state={state}&error=%3Cscript%3Ealert(1)%3C/script%3E")

    assert page["Referrer-Policy"] == "origin"
    assert "<script>" not in page.text
    assert state not in page.text


@pytest.mark.parametrize("who", ["vera", "sam"])
def test_who_may_not_change_may_not_test(request, who, acme):
    client, brand = request.getfixturevalue(who), acme.branded_urls.first()

    page = client.get(f"/admin/integrations/webexapp/{acme.pk}/change/").text
    refused = client.post(f"/admin/integrations/webexapp/{acme.pk}/test/{brand.pk}/")

    assert "Test link" not in page
    assert refused.status_code == 403
    assert not AuthorizationRequest.objects.exists()


def test_starting_a_test_takes_a_post(paula, acme):
    brand = acme.branded_urls.first()

    answer = paula.get(f"/admin/integrations/webexapp/{acme.pk}/test/{brand.pk}/")

    assert answer.status_code == 403
    assert not AuthorizationRequest.objects.exists()


def test_a_hostname_of_another_integration_cannot_be_tested_through_this_one(paula, acme, globex):
    brand = BrandedURL.objects.get(hostname=H2)

    paula.post(f"/admin/integrations/webexapp/{acme.pk}/test/{brand.pk}/")

    assert not AuthorizationRequest.objects.exists()
