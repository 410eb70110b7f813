"""Every request has an ID, and whoever makes it is the actor until it is answered."""

import uuid

import pytest

from integrations import actor
from integrations.views import pages

OURS = "trace-4f2a.1/b"


def test_an_answer_carries_the_request_id_it_was_given(alice_browser):
    assert alice_browser.get("/", headers={"X-Request-ID": OURS})["X-Request-ID"] == OURS


@pytest.mark.parametrize("given", ["", "x" * 51, "a b", "a\tb", "é", "=1+1", "-"])
def test_an_id_that_could_not_be_shown_is_replaced(alice_browser, given):
    answer = alice_browser.get("/", headers={"X-Request-ID": given})

    assert uuid.UUID(answer["X-Request-ID"]).version == 4


@pytest.mark.parametrize("path", ["/healthz/", "/nowhere/", "/admin/", "/static/nowhere.css"])
def test_an_answer_that_no_view_gave_has_one_too(alice_browser, path):
    assert alice_browser.get(path)["X-Request-ID"]


def test_an_unknown_host_gets_one_too(browser, db):
    answer = browser(None, host="nobody.example.net").get("/")

    assert (answer.status_code, bool(answer["X-Request-ID"])) == (400, True)


def test_whoever_is_signed_in_acts_until_the_answer(alice, alice_browser, monkeypatch):
    seen = []

    def look(*args, **kwargs):
        seen.append((actor.current(), actor.request_id()))
        return overview(*args, **kwargs)

    overview = pages.connection_page.overview
    monkeypatch.setattr(pages.connection_page, "overview", look)

    alice_browser.get("/webex/", headers={"X-Request-ID": OURS})

    facts = ("alice", alice.pk, "portal-a.example.com", "127.0.0.1", OURS)
    assert seen == [(actor.Actor(actor.Kind.PERSON, *facts), OURS)]
    assert (actor.current().kind, actor.request_id()) == (actor.Kind.SYSTEM, "")
