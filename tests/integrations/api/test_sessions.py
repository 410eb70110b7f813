"""Pages of the portal's own origin use the API with the session of who looks at them."""

import pytest
from django.test import Client

from tests.conftest import H1, H2
from tests.integrations.api.conftest import code

API = "/api/v1"


@pytest.fixture
def strict(alice, acme):
    """Alice's browser, where CSRF is checked, as in production."""
    client = Client(HTTP_HOST=H1, enforce_csrf_checks=True)
    client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_page_is_told_how_its_own_user_stands_here(linked_alice, alice_browser):
    told = alice_browser.get(f"{API}/standing").json()

    assert (told["user"], told["hostname"], told["state"]) == ("alice", H1, "linked")
    assert alice_browser.get(f"{API}/standing?user=alice&hostname={H1}").status_code == 200


@pytest.mark.parametrize("query", ["user=bob", f"hostname={H2}", f"user=root&hostname={H1}"])
def test_a_page_is_told_about_nobody_else(alice_browser, bob, globex, query):
    assert code(alice_browser.get(f"{API}/standing?{query}")) == (403, "own_only")


def test_a_page_that_asks_too_often_is_told_when_to_come_back(
    alice_browser, browser, bob, linked_alice, settings
):
    settings.API_REQUESTS_PER_MINUTE = 120  # 12 for a page: two at once, as each ten seconds
    answers = [alice_browser.get(f"{API}/session") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert code(answers[-1]) == (429, "too_many_requests")
    assert 1 <= int(answers[-1]["Retry-After"]) <= 5
    assert browser(bob).get(f"{API}/session").status_code == 200


def test_nina_is_told_that_nothing_is_offered(browser, nina, acme):
    assert browser(nina).get(f"{API}/standing").json()["state"] == "not_offered"


def test_who_is_signed_out_is_told_so(browser, acme):
    for path in ("/standing", "/session", "/subscribers"):
        assert code(browser(None).get(f"{API}{path}")) == (401, "key_missing")


def test_a_wrong_key_is_not_made_good_by_a_session(alice_browser):
    answer = alice_browser.get(f"{API}/standing", HTTP_AUTHORIZATION="Basic x")

    assert answer.status_code == 401


def test_a_write_needs_the_token_of_the_session(strict):
    refused = strict.post(f"{API}/subscribers", {}, "application/json", secure=True)
    assert code(refused) == (403, "csrf_token_missing")

    token = strict.get(f"{API}/session", secure=True).json()["csrf_token"]
    sent = {"HTTP_X_CSRFTOKEN": token, "HTTP_REFERER": f"https://{H1}/"}
    allowed = strict.post(f"{API}/subscribers", {}, "application/json", secure=True, **sent)
    elsewhere = sent | {"HTTP_REFERER": "https://evil.example/"}
    foreign = strict.post(f"{API}/subscribers", {}, "application/json", secure=True, **elsewhere)

    assert allowed.status_code == 422
    assert code(foreign) == (403, "csrf_token_missing")


def test_no_other_origin_may_read_an_answer(alice_browser):
    answer = alice_browser.get(f"{API}/standing", HTTP_ORIGIN="https://evil.example")

    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
