"""Guessing passwords is slowed down, and nobody can lock others out for good."""

import threading
from datetime import timedelta

import pytest
from django.db.models import F

from accounts import sign_in
from accounts.models import SignInFailure
from accounts.sign_in_limits import COOKIE

PASSWORD = "correct horse"
LIMIT, MANY = 5, 25
ELSEWHERE = "198.51.100.7"


@pytest.fixture(autouse=True)
def limit(settings):
    settings.SIGN_IN_FAILURE_LIMIT = LIMIT  # production allows more


@pytest.fixture
def visitor(browser, alice, acme):
    return browser(None)


def post(client, username="alice", password=PASSWORD, **extra):
    return client.post("/sign-in/", {"username": username, "password": password}, **extra)


def guess(client, times, username="alice", **extra):
    return [post(client, username, f"guess {n}", **extra).status_code for n in range(times)]


def spray(client, times, **extra):
    """Other names than Alice's."""
    for number in range(times):
        guess(client, 1, f"user{number}", **extra)


@pytest.mark.parametrize(("failures", "status"), [(0, 302), (4, 302), (5, 429), (6, 429)])
def test_one_name_from_one_network(visitor, failures, status):
    guess(visitor, failures)

    assert post(visitor).status_code == status


@pytest.mark.parametrize(("failures", "status"), [(MANY - 1, 302), (MANY, 429)])
def test_many_names_from_one_network(visitor, failures, status):
    spray(visitor, failures)

    assert post(visitor).status_code == status


@pytest.mark.parametrize(("failures", "status"), [(MANY - 1, 302), (MANY, 429)])
def test_one_name_from_many_networks(visitor, failures, status):
    for number in range(failures):
        guess(visitor, 1, REMOTE_ADDR=f"203.0.113.{number}")

    assert post(visitor).status_code == status


def test_an_ipv6_network_is_one_however_many_addresses_it_has(visitor):
    for number in range(LIMIT):
        guess(visitor, 1, REMOTE_ADDR=f"2001:db8:0:1::{number}")

    assert post(visitor, REMOTE_ADDR="2001:db8:0:1:ffff::1").status_code == 429
    assert post(visitor, REMOTE_ADDR="2001:db8:0:2::1").status_code == 302


def test_an_ipv4_address_in_ipv6_spelling_is_the_same(visitor):
    guess(visitor, LIMIT, REMOTE_ADDR="::ffff:203.0.113.7")

    assert post(visitor, REMOTE_ADDR="203.0.113.7").status_code == 429
    assert post(visitor, REMOTE_ADDR="::ffff:203.0.113.8").status_code == 302


def test_an_unknown_address_does_not_lock_everybody_out(visitor, bob):
    guess(visitor, MANY, REMOTE_ADDR="unix:")
    spray(visitor, MANY, REMOTE_ADDR="unix:")

    assert post(visitor, "bob", REMOTE_ADDR="unix:").status_code == 302


def test_a_refused_attempt_prolongs_nothing(visitor):
    guess(visitor, LIMIT)
    SignInFailure.objects.update(at=F("at") - timedelta(seconds=590))
    assert guess(visitor, 20) == [429] * 20
    SignInFailure.objects.update(at=F("at") - timedelta(seconds=20))

    assert post(visitor).status_code == 302


@pytest.mark.slow
def test_one_colleague_does_not_lock_the_office_out(visitor, bob):
    guess(visitor, 200, "somebody")

    assert post(visitor, "bob").status_code == 302


# --- A browser that signed in before ------------------------------------------------------------


@pytest.fixture
def known(visitor):
    """Alice's own browser, signed out."""
    assert post(visitor).status_code == 302
    visitor.post("/sign-out/")
    return visitor


def test_the_right_password_passes_from_a_browser_that_signed_in_before(known, browser):
    stranger = browser(None)
    for number in range(MANY):
        guess(stranger, 1, REMOTE_ADDR=f"203.0.113.{number}")
    spray(stranger, MANY)
    assert post(browser(None), REMOTE_ADDR=ELSEWHERE).status_code == 429

    assert post(known).status_code == 302


def test_that_browser_has_an_allowance_of_its_own(known):
    guess(known, LIMIT)

    assert post(known).status_code == 429
    assert post(known, REMOTE_ADDR=ELSEWHERE).status_code == 429


def test_it_is_known_for_those_who_signed_in_with_it_only(known, bob):
    spray(known, MANY)

    assert post(known, "bob").status_code == 429
    assert post(known).status_code == 302


def test_it_is_known_for_two_people_who_share_it(known, bob, browser):
    post(known, "bob")
    known.post("/sign-out/")
    spray(browser(None), MANY)

    assert post(known, "bob").status_code == 302
    known.post("/sign-out/")
    assert post(known).status_code == 302


@pytest.mark.parametrize("spoil", [lambda value: value[:-1] + "x", lambda value: "", str.swapcase])
def test_a_forged_browser_is_unknown(known, browser, spoil):
    spray(browser(None), MANY)
    known.cookies[COOKIE] = spoil(known.cookies[COOKIE].value)

    assert post(known).status_code == 429


def test_a_browser_is_not_known_on_another_host(known, browser, globex):
    assert known.cookies[COOKIE]["domain"] == ""
    assert (known.cookies[COOKIE]["secure"], known.cookies[COOKIE]["httponly"]) == (True, True)


def test_a_wrong_password_makes_no_browser_known(visitor):
    guess(visitor, 1)

    assert COOKIE not in visitor.cookies


# --- Behind a proxy, at the admin, and the clock ------------------------------------------------


def test_a_forged_x_forwarded_for_does_not_help(visitor):
    for number in range(LIMIT):
        guess(visitor, 1, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")

    assert post(visitor, HTTP_X_FORWARDED_FOR="203.0.113.200").status_code == 429


def test_behind_our_proxy_only_its_own_entry_counts(visitor, browser, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(LIMIT):
        guess(visitor, 1, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}, 203.0.113.7")

    assert post(visitor, HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7").status_code == 429
    assert post(visitor, HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.1").status_code == 302


def test_a_good_sign_in_in_between_does_not_reset_the_count(visitor, bob):
    guess(visitor, LIMIT - 1)
    post(visitor, "bob")
    visitor.post("/sign-out/")
    guess(visitor, 1)

    assert post(visitor).status_code == 429


def test_nobody_locks_root_out_from_elsewhere(visitor, root):
    guess(visitor, 2 * LIMIT, "root", REMOTE_ADDR=ELSEWHERE)

    assert post(visitor, "root").status_code == 302


@pytest.mark.parametrize(("seconds", "status"), [(590, 429), (610, 302), (-30, 429), (-90, 302)])
def test_the_wait_is_over_after_ten_minutes_also_when_a_clock_was_ahead(visitor, seconds, status):
    guess(visitor, LIMIT)
    SignInFailure.objects.update(at=F("at") - timedelta(seconds=seconds))

    assert post(visitor).status_code == status


def test_failures_do_not_pile_up(visitor):
    guess(visitor, 3)
    SignInFailure.objects.update(at=F("at") - timedelta(seconds=610))
    guess(visitor, 1)

    assert SignInFailure.objects.count() == 1


def test_what_was_typed_is_not_kept(visitor):
    guess(visitor, 1, "my-password-by-mistake")

    assert "my-password" not in str(SignInFailure.objects.values())


def test_the_page_says_what_to_do(visitor):
    guess(visitor, LIMIT)

    page = post(visitor).text

    assert "Please wait ten minutes" in page
    assert "In a browser with which you signed in here before you need not wait." in page


def test_the_admins_own_sign_in_is_slowed_down_as_well(browser, root):
    client = browser(None, "admin.example.com")
    fields = {"username": "root", "password": "guess"}
    for _ in range(LIMIT):
        client.post("/admin/login/", fields)

    response = client.post("/admin/login/", {**fields, "password": PASSWORD})

    assert response.status_code == 429


def test_who_signs_in_while_many_do_is_asked_to_try_again(visitor, monkeypatch):
    monkeypatch.setattr(sign_in, "CHECKS", threading.BoundedSemaphore(1))
    with sign_in.CHECKS:
        page = post(visitor)

    assert page.status_code == 503
    assert "Many people are signing in right now." in page.text
    assert not SignInFailure.objects.exists()
    assert post(visitor).status_code == 302
