"""Activation mails again, to whoever at an enterprise never signed in to Webex."""

import re

import pytest

from integrations.models import AuditEvent

ENTERPRISE = "/webex/enterprises/ParkBench+acme-corporation/"
MAILS = f"{ENTERPRISE}mails/"
JOBS = "/v1/identity/organizations/*"
HTMX = {"HTTP_HX_REQUEST": "true"}


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def sent(pat_browser):
    """The page of a job that runs."""
    return pat_browser.post(MAILS)["Location"]


def test_they_are_asked_for_followed_and_on_record(pat_browser, sent, small_sandbox):
    assert MAILS in pat_browser.get(ENTERPRISE).text
    running = pat_browser.get(sent)
    poll = re.search(r'hx-get="([^"]*/mails/standing/[^"]*)"', running.text)[1]
    assert "Being sent" in text(running)
    small_sandbox.advance(6)

    over = pat_browser.get(poll.replace("&amp;", "&"), **HTMX)

    assert re.search(r"Mails sent [1-9]", text(over))
    assert "hx-get" not in over.text
    event = AuditEvent.objects.get(action="activation_mails.sent")
    assert (event.object_label, event.actor_name) == ("ParkBench+acme-corporation", "pat")


def test_a_second_one_at_once_is_explained(pat_browser, sent):
    page = pat_browser.post(MAILS)

    assert page.status_code == 409
    assert "running already" in text(page)
    assert AuditEvent.objects.latest("pk").result == "refused"


def test_asking_first_sends_nothing(pat_browser, small_sandbox):
    assert "Send the mails" in pat_browser.get(MAILS).text
    assert not any("sendActivationEmails" in call.path for call in small_sandbox.ledger.calls)


def test_without_the_role_the_page_says_which(pat_browser, small_sandbox):
    small_sandbox.fault(JOBS, status=403)

    assert "User administrator" in text(pat_browser.post(MAILS))


def test_a_job_that_is_gone_and_a_webex_that_is_away_say_so(pat_browser, sent, small_sandbox):
    assert pat_browser.get(f"{MAILS}?job=nothing").status_code == 404
    small_sandbox.fault(JOBS, status=503, times=2)
    assert pat_browser.get(sent).status_code == 503
    assert pat_browser.get(sent.replace("/mails/", "/mails/standing/"), **HTMX).status_code == 204


def test_nobody_sends_them_without_the_right(nina, alice, park_bench, browser):
    for user in (nina, alice):
        assert browser(user).post(MAILS).status_code == 403
