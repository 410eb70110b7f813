"""A Webex account with too many live access tokens: wait, stay green, say what to do."""

import json

import pytest

from integrations import clock
from integrations.linking import link_status
from integrations.models import AppIncident, Grant
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.renewal.draining import JSON, TOKEN, drained
from tests.sharing_out import slow

CODE = "tokenlimit_reached"
BODIES = {
    "oauth": {"error": CODE, "error_description": "x"},
    "gateway message": {"message": CODE, "trackingId": "ROUTER_1"},
    "gateway description": {"message": "no", "errors": [{"description": CODE}]},
}


@pytest.fixture(params=BODIES.values(), ids=BODIES)
def token_limit(request):
    return {"status": 400, "body": json.dumps(request.param).encode(), "headers": JSON}


@pytest.mark.parametrize("count", [2, *slow(1, 20)])
def test_renewals_wait_an_hour_and_longer_and_nobody_is_suspected(
    acme, fill, sandbox, brisk, later, token_limit, count
):
    fill(acme, count)
    sandbox.fault(TOKEN, times=None, **token_limit)
    waits = []
    for _ in range(5):
        now = clock.now()
        assert drained(acme) == {"RETRY_LATER": count}
        waits.append((Grant.objects.earliest("refresh_due_at").refresh_due_at - now).seconds)
        later(seconds=waits[-1] + 2)

    assert waits == pytest.approx([3600, 7200, 14400, 28800, 28800], abs=5)
    assert not Grant.objects.exclude(suspect_since=None).exists()
    assert Grant.objects.active().count() == count
    assert not AppIncident.objects.exists()
    sandbox.clear_faults()
    assert drained(acme) == {"RENEWED": count}


def test_the_user_stays_green_and_reads_where_to_end_sessions(
    alice_browser, linked_alice, acme, sandbox, token_limit
):
    Grant.objects.update(refresh_due_at=clock.now())
    sandbox.fault(TOKEN, **token_limit)

    drained(acme)

    assert alice_browser.badge() == "linked"
    page = alice_browser.get("/webex/").text
    assert "Your Webex account has too many open sessions." in page
    assert "https://idbroker.webex.com/idb/profile#/tokens" in page
    status = link_status.for_user(linked_alice.user, acme.branded_urls.first())
    assert status.has_too_many_sessions


def test_who_links_with_such_an_account_reads_it_too(alice_browser, sandbox, token_limit):
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    sandbox.fault(TOKEN, **token_limit)

    alice_browser.come_back(redirect)

    assert "too many open sessions" in alice_browser.get("/my-account/").text
    assert not Grant.objects.exists()


def test_access_that_cannot_be_renewed_is_not_linked_and_said(alice_browser, sandbox):
    sandbox.scenario.omit = ("refresh_token", "refresh_token_expires_in")

    alice_browser.link(ALICE_AT_WEBEX)

    assert "cannot be renewed, so nothing was linked" in alice_browser.get("/my-account/").text
    assert not Grant.objects.exists()
