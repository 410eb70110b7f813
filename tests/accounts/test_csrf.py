"""Forms are masked as Django masks them: another token in each answer, and each is accepted."""

import re

import pytest
from django.middleware import csrf as of_django

from accounts import csrf
from tests.browsing import PortalClient

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
PAGE = "/my-account/"


@pytest.fixture
def stranger(acme, sandbox):
    return PortalClient(host="portal-a.example.com", sandbox=sandbox, enforce_csrf_checks=True)


@pytest.fixture
def strict(stranger, alice):
    stranger.force_login(alice, "django.contrib.auth.backends.ModelBackend")
    return stranger


def choose(strict, token):
    fields = {"language": "de", "csrfmiddlewaretoken": token}
    return strict.post("/my-account/language/", fields, HTTP_ORIGIN="https://portal-a.example.com")


def test_each_answer_has_another_token_and_each_is_accepted(strict):
    tokens = {TOKEN.search(strict.get(PAGE).text)[1] for _ in range(3)}

    assert len(tokens) == 3
    assert all(choose(strict, token).status_code == 302 for token in tokens)


def test_the_first_page_of_somebody_new_has_one_too(stranger):
    assert TOKEN.search(stranger.get("/sign-in/").text)


def test_a_token_that_was_changed_is_refused(strict):
    token = TOKEN.search(strict.get(PAGE).text)[1]
    changed = token[:-1] + ("a" if token[-1] != "a" else "b")

    assert choose(strict, changed).status_code == 403


def test_the_letters_are_those_of_django():
    assert csrf.LETTERS == of_django.CSRF_ALLOWED_CHARS
