"""A session is read together with its user, and nobody is in for longer than with Django's own."""

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from accounts.models import SessionOwner, User
from accounts.sessions import SessionStore
from integrations import clock
from integrations.operations import housekeeping

PAGE = "/my-account/"


@pytest.fixture
def is_in(alice_browser):
    return lambda: alice_browser.get(PAGE).status_code == 200


@pytest.fixture
def desk(browser, root):
    return browser(root, "admin.example.com")


@pytest.fixture
def as_made_before_this_release(alice_browser):
    SessionOwner.objects.all().delete()


def test_who_signs_in_owns_the_session(alice_browser, alice):
    assert SessionOwner.objects.get(session=alice_browser.session.session_key).user == alice


def test_a_session_of_before_this_release_goes_on(as_made_before_this_release, is_in):
    assert is_in()


def test_it_gets_its_owner_when_it_is_next_written(
    as_made_before_this_release, alice_browser, alice
):
    alice_browser.start()

    assert SessionOwner.objects.get().user == alice


def test_code_before_this_release_reads_and_ends_what_this_one_wrote(alice_browser, alice, is_in):
    before = db.SessionStore(alice_browser.session.session_key)
    assert before[SESSION_KEY] == str(alice.pk)

    Session.objects.filter(pk=before.session_key)._raw_delete("default")  # knows no owners

    assert not is_in()


def test_a_session_that_inherits_a_key_inherits_no_owner(alice_browser, alice, bob):
    key = alice_browser.session.session_key
    before = db.SessionStore(key)
    SessionOwner.objects.update(user=bob)  # of one that code before this release had ended

    before.save()

    assert "Alice Adams" in alice_browser.get(PAGE).text
    alice_browser.start()
    assert SessionOwner.objects.get(session=key).user == alice


def test_the_owner_of_a_session_that_older_code_ended_is_forgotten(alice_browser, browser, bob):
    browser(bob)
    Session.objects.filter(pk=alice_browser.session.session_key)._raw_delete("default")

    housekeeping.tidy(now=clock.now())

    assert SessionOwner.objects.get().user == bob


@pytest.mark.parametrize("key", ["a" * 31 + "\x00", "’" * 32, "short", ""])
def test_a_cookie_that_is_no_key_is_not_looked_for(db, key, django_assert_num_queries):
    """PostgreSQL refuses a NUL: a stranger's cookie was an error on record, and a mail."""
    with django_assert_num_queries(0):
        assert SessionStore(key).is_empty()


def test_an_inactive_user_is_out_at_once(alice, is_in):
    User.objects.update(is_active=False)

    assert not is_in()


def test_another_password_ends_all_sessions(alice, is_in):
    alice.set_password("battery staple")
    alice.save()

    assert not is_in()


def test_signing_out_ends_it(alice_browser, is_in):
    alice_browser.post("/sign-out/")

    assert not is_in()
    assert not SessionOwner.objects.exists()


def test_a_deleted_user_is_out_at_once(alice, is_in):
    alice.delete()

    assert not is_in()
    assert not SessionOwner.objects.exists()


def test_who_deletes_a_user_reads_in_their_language_that_sessions_end(alice_browser, alice, desk):
    page = desk.get(f"/admin/accounts/user/{alice.pk}/delete/", HTTP_ACCEPT_LANGUAGE="de").text

    assert "<dt>Sitzungen</dt>" in page


def test_the_row_beside_a_session_lets_nobody_in_as_somebody_else(alice_browser, alice, mallory):
    """What was signed decides: whoever can write rows but knows no key gains nothing."""
    SessionOwner.objects.update(user=mallory)

    assert "Alice Adams" in alice_browser.get(PAGE).text


def test_a_session_that_changes_hands_changes_its_owner(alice_browser, bob):
    alice_browser.force_login(bob, "django.contrib.auth.backends.ModelBackend")

    assert "Bob Brown" in alice_browser.get(PAGE).text
    assert SessionOwner.objects.get(session=alice_browser.session.session_key).user == bob


def test_a_session_under_a_new_key_has_its_owner_again(alice_browser, alice):
    session = alice_browser.session
    session.cycle_key()
    session.save()

    assert SessionOwner.objects.get().session_id == session.session_key
    assert SessionOwner.objects.get().user == alice
