"""Two requests at the same moment: one of them wins, whole."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from integrations import webex_share
from integrations.models import AuthorizationRequest, Grant, GrantEvent, WebexApp
from tests.browsing import PortalClient
from tests.conftest import ALICE_AT_WEBEX, CAROL_AT_WEBEX, H1

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(browser, *visits):
    """Each visit in a tab of the same browser, all at the same moment."""
    start = threading.Barrier(len(visits))

    def visit(action):
        tab = PortalClient(host=H1, sandbox=browser.sandbox)
        tab.cookies = browser.cookies
        start.wait()
        try:
            return action(tab)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(visit, visits))


def test_one_of_many_returns_with_the_same_state_wins(alice_browser, sandbox, monkeypatch):
    monkeypatch.setattr(webex_share, "MOST", 6)
    monkeypatch.setattr(webex_share, "MOST_PER_USER", 6)
    redirect = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)

    answers = at_once(alice_browser, *[lambda tab: tab.come_back(redirect)] * 6)

    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 5
    assert sandbox.ledger.count("/v1/access_token") == 1
    assert Grant.objects.count() == GrantEvent.objects.count() == 1
    assert alice_browser.badge() == "linked"


@pytest.mark.parametrize("linked_before", [True, False], ids=["linked before", "first time"])
def test_of_two_webex_accounts_at_once_one_is_linked_and_one_is_asked_about(
    alice_browser, sandbox, linked_before
):
    if linked_before:
        alice_browser.link(ALICE_AT_WEBEX)
        alice_browser.post("/webex/disconnect/")
    people = (ALICE_AT_WEBEX, CAROL_AT_WEBEX)
    redirects = [sandbox.accept(alice_browser.start(), person) for person in people]

    answers = at_once(
        alice_browser,
        lambda tab: tab.come_back(redirects[0]),
        lambda tab: tab.come_back(redirects[1]),
    )

    locations = sorted(answer["Location"] for answer in answers)
    assert locations[0] == "/my-account/"
    assert locations[1].startswith("/webex/replace/")
    assert AuthorizationRequest.objects.filter(pending_tokens__isnull=False).count() == 1


def test_of_two_decisions_at_once_one_counts(alice_browser):
    alice_browser.link(ALICE_AT_WEBEX)
    question = alice_browser.link(CAROL_AT_WEBEX)["Location"]

    answers = at_once(alice_browser, *[lambda tab: tab.post(question, {"decision": "replace"})] * 4)

    assert sorted(answer.status_code for answer in answers) == [303] * 4
    assert GrantEvent.objects.filter(kind="REPLACED").count() == 1


def test_of_two_disconnects_at_once_one_is_recorded(alice_browser):
    alice_browser.link(ALICE_AT_WEBEX)

    answers = at_once(alice_browser, *[lambda tab: tab.post("/webex/disconnect/")] * 4)

    assert {answer.status_code for answer in answers} == {303}
    assert Grant.objects.get().status == "DISCONNECTED"
    assert GrantEvent.objects.filter(kind="DISCONNECTED").count() == 1


def test_tabs_started_at_once_all_finish(alice_browser, sandbox):
    alice_browser.post("/webex/connect/")  # the first start makes the browser's secret

    targets = at_once(alice_browser, *[lambda tab: tab.start()] * 5)
    answers = [
        alice_browser.come_back(sandbox.accept(target, ALICE_AT_WEBEX)) for target in targets
    ]

    assert [answer.status_code for answer in answers] == [303] * 5


def test_nothing_is_stored_where_the_integration_is_switched_off_during_the_exchange(
    alice_browser, acme, sandbox
):
    target = sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    sandbox.fault("/v1/access_token", delay=0.8)

    def switch_off():
        time.sleep(0.3)
        WebexApp.objects.filter(pk=acme.pk).update(is_enabled=False)
        connection.close()

    switching_off = threading.Thread(target=switch_off)
    switching_off.start()
    response = alice_browser.come_back(target)
    switching_off.join()

    assert response.status_code == 400
    assert sandbox.ledger.count("/v1/access_token") == 1
    assert not Grant.objects.exists()
