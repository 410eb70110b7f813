"""What the pages of subscribers say when a form, Webex or its answer is at fault."""

import json

from integrations import webex_share
from integrations.models import WatchedSubscriber
from tests.integrations.provisioning.conftest import (
    HTMX,
    LIST,
    NEW,
    provision,
    text,
)


def test_faults_are_named_at_their_field_before_webex_is_asked(pat_browser, small_sandbox):
    calls = len(small_sandbox.ledger.calls)

    page = text(pat_browser.post(NEW, {"userId": "a", "package": "basic"}))

    assert "fields need your attention" in page
    assert page.count("This is required.") == 4
    assert "Give a primary phone number or an extension." in page
    assert len(small_sandbox.ledger.calls) == calls


def test_what_webex_refuses_stands_at_the_field_in_words(pat_browser, new_user):
    provision(pat_browser, new_user())

    page = text(pat_browser.post(NEW, {**new_user(), "action": "provision"}))

    assert "already connected to a Webex account" in page
    assert 'aria-invalid="true" aria-describedby="userId-hint"' in page


def test_an_unknown_refusal_is_webexs_own_text_with_the_tracking_id(pat_browser, new_user):
    values = new_user(spEnterpriseId="wholesale+acme")

    page = text(pat_browser.post(NEW, {**values, "action": "provision"}))

    assert "The customer is on Webex Wholesale" in page


def test_a_lost_answer_leads_to_a_look_not_to_a_second_try(pat_browser, new_user, small_sandbox):
    small_sandbox.fault("/v1/broadworks/subscribers", cut="before_status", after=True)

    answer = pat_browser.post(NEW, {**new_user(), "action": "provision"}, follow=True)

    assert "Webex did not say whether it was done" in text(answer)
    assert "ada@parkbench.example" in text(answer)
    posts = [call for call in small_sandbox.ledger.calls if call.method == "POST"]
    assert len([call for call in posts if call.path.endswith("/subscribers")]) == 1


def test_trying_again_is_offered_only_where_it_may_help(pat_browser, small_sandbox):
    gone = text(pat_browser.get("/webex/subscriber/Y2lz/"))
    nowhere = text(pat_browser.get("/webex/enterprises/nowhere/"))
    small_sandbox.fault("/v1/broadworks/*", status=503)
    down = text(pat_browser.get(LIST))

    assert "Try again" not in gone + nowhere
    assert f'href="{LIST}">Search again' in gone
    assert 'href="/webex/enterprises/">Search again' in nowhere
    assert "Try again</a>" in down


def test_a_busy_webex_is_a_fragment_in_a_fragment(pat_browser, monkeypatch):
    monkeypatch.setattr(webex_share, "MOST", 0)

    page, fragment = pat_browser.get(LIST), pat_browser.get(LIST, headers=HTMX)

    assert page.status_code == fragment.status_code == 503
    assert "<html" in text(page)
    assert "<html" not in text(fragment)


def test_a_page_that_moves_on_shows_why_it_could_not(pat_browser, new_user, monkeypatch):
    page = provision(pat_browser, new_user())
    WatchedSubscriber.objects.update(status="provisioned")
    moving_on = text(pat_browser.get(f"{page}standing/", headers=HTMX))
    monkeypatch.setattr(webex_share, "MOST", 0)

    answer = text(pat_browser.get(page, headers=HTMX))

    assert 'hx-select="#subscriber, .message"' in moving_on  # htmx shows nothing but what it finds
    assert 'class="message' in answer
    assert 'id="subscriber"' not in answer


def test_one_odd_id_does_not_cost_the_list(pat_browser, small_sandbox):
    rows = [{"id": "", "userId": "odd@acme.example"}, {"id": "Y2lz", "userId": "ada@acme.example"}]
    body = json.dumps({"items": rows}).encode()
    small_sandbox.fault("/v1/broadworks/subscribers", status=200, body=body, times=None)

    answer = text(pat_browser.get(LIST))

    assert "odd@acme.example" in answer
    assert 'href="/webex/subscriber/Y2lz/"' in answer


def test_webex_down_is_a_sentence_and_the_badge_stays_green(pat_browser, small_sandbox):
    small_sandbox.fault("/v1/broadworks/subscribers", status=503, times=None)

    answer = pat_browser.get(LIST)

    assert answer.status_code == 503
    assert "Webex does not answer right now." in text(answer)
    assert 'data-webex="linked"' in text(answer)


def test_a_subscriber_who_is_gone_is_said_to_be_gone(pat_browser):
    answer = pat_browser.get("/webex/subscriber/Y2lzY29zcGFyazovL3VzL1NVQlNDUklCRVIveA/")

    assert answer.status_code == 404
    assert "does not know this any more" in text(answer)
