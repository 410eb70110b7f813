"""A Webex that takes its time: who waits, who is told at once, and what goes on without it."""

import threading
import time

import pytest

from integrations import webex_share
from integrations.errors import WebexBusy
from integrations.linking import disconnection
from integrations.models import AuthorizationRequest, Grant
from integrations.scopes import MINIMUM, REVOCATION
from tests import threads
from tests.conftest import ALICE_AT_WEBEX, H1

BUSY = "Webex is busy"


@pytest.fixture
def share():
    return webex_share.share


@pytest.fixture
def wait(share):
    """Somebody who waits for Webex, until this test is over."""
    is_over = threading.Event()
    threads_waiting = []

    def begin(user_id):
        holds = threading.Event()

        def hold():
            with share.hold(user_id):
                holds.set()
                is_over.wait(10)

        threads_waiting.append(threading.Thread(target=hold))
        threads_waiting[-1].start()
        assert holds.wait(5)

    yield begin
    is_over.set()
    for thread in threads_waiting:
        thread.join()


def refused(share, user_id):
    try:
        with share.hold(user_id):
            return False
    except WebexBusy:
        return True


@pytest.mark.parametrize(("waiting", "is_refused"), [(0, False), (1, False), (2, True)])
def test_one_user_holds_two_threads_at_most(share, wait, waiting, is_refused):
    for _ in range(waiting):
        wait(1)

    assert refused(share, 1) is is_refused
    assert not refused(share, 2)


@pytest.mark.parametrize(("waiting", "is_refused"), [(0, False), (3, False), (4, True)])
def test_all_users_together_hold_four_at_most(share, wait, waiting, is_refused):
    for user_id in range(waiting):
        wait(user_id)

    assert refused(share, 99) is is_refused


def test_a_thread_is_free_again_whatever_happened(share):
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), share.hold(1):
            _ = 1 / 0

    assert not refused(share, 1)


@pytest.fixture
def pass_by(monkeypatch):
    real, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])

    def seconds(amount):
        passed[0] += amount

    return seconds


def be_slow(share, pass_by, times):
    for user_id in range(times):
        with share.hold(user_id):
            pass_by(9)


@pytest.mark.parametrize(("times", "is_refused"), [(0, False), (2, False), (3, True), (4, True)])
def test_after_three_slow_answers_nobody_waits_for_a_while(share, pass_by, times, is_refused):
    be_slow(share, pass_by, min(times, 3))

    assert refused(share, 99) is is_refused


def test_then_one_at_a_time_tries_until_one_answer_is_quick(share, wait, pass_by):
    be_slow(share, pass_by, 3)
    pass_by(11)

    with share.hold(1):
        assert refused(share, 2)

    assert not refused(share, 2)
    wait(3)
    assert not refused(share, 4)


def test_a_quick_answer_in_between_starts_the_count_again(share, pass_by):
    be_slow(share, pass_by, 2)
    with share.hold(1):
        pass
    be_slow(share, pass_by, 2)

    assert not refused(share, 1)


# --- Pages --------------------------------------------------------------------------------------


def test_the_profile_says_at_once_that_webex_is_busy(alice_browser, linked_alice, alice, wait):
    for _ in range(2):
        wait(alice.pk)

    page = alice_browser.get("/webex/profile/")

    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert BUSY in page.text
    assert alice_browser.badge() == "linked"


def test_a_return_from_webex_that_came_at_a_bad_time_can_be_repeated(
    alice_browser, alice, share, monkeypatch
):
    redirect = alice_browser.sandbox.accept(alice_browser.start(), ALICE_AT_WEBEX)
    monkeypatch.setattr(webex_share, "MOST", 0)

    page = alice_browser.come_back(redirect)

    assert page.status_code == 503
    assert "Nothing was changed." in page.text
    assert page["Referrer-Policy"] == "origin"
    assert AuthorizationRequest.objects.get().consumed_at is None
    monkeypatch.undo()
    assert alice_browser.come_back(redirect).status_code == 303
    assert alice_browser.badge() == "linked"


def test_forty_reloads_ask_webex_once(alice_browser, linked_alice, sandbox):
    sandbox.ledger.clear()

    for _ in range(40):
        assert "Alice Adams</h2>" in alice_browser.get("/webex/profile/").text

    assert sandbox.ledger.count("/v1/people/me") == 1


def test_a_profile_that_is_kept_is_not_shown_after_disconnecting(alice_browser, linked_alice):
    alice_browser.get("/webex/profile/")
    alice_browser.post("/webex/disconnect/")

    assert "Alice Adams</h2>" not in alice_browser.get("/webex/profile/").text


# --- Disconnecting ------------------------------------------------------------------------------


@pytest.fixture
def revocable(make_app):
    return make_app("Revocable", H1, scopes=[*MINIMUM, *REVOCATION])


@pytest.mark.django_db(transaction=True)
def test_disconnecting_does_not_wait_for_a_busy_webex(
    revocable, alice, browser, sandbox, monkeypatch
):
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)
    monkeypatch.setattr(webex_share, "MOST", 0)

    page = client.post("/webex/disconnect/", follow=True)

    assert "Webex is busy and is told as soon as it answers." in page.text
    threads.finish(disconnection.THREAD)
    assert all(grant.revoked_at for grant in sandbox.state.grants.values())


@pytest.mark.django_db(transaction=True)
def test_disconnecting_many_does_not_keep_the_administrator_waiting(
    revocable, make_user, root, link, browser, sandbox
):
    for name in ("ann", "ben", "cem", "dan"):
        link(name, revocable)
    sandbox.scenario.latency = 0.5
    keys = list(Grant.objects.values_list("pk", flat=True))
    fields = {"action": "disconnect", "_selected_action": keys, "confirmed": "yes"}

    began = time.monotonic()
    response = browser(root, "admin.example.com").post("/admin/integrations/grant/", fields)

    assert response.status_code == 302
    assert time.monotonic() - began < 1.5
    threads.finish(disconnection.THREAD)
    assert sandbox.ledger.count("/v1/authorizations", method="GET") == 4
