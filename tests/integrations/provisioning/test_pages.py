"""The pages under Webex → Subscribers: who gets them, what they say, and how they refuse."""

import html
import json
import re
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group

from integrations import webex_share
from integrations.models import AuditEvent, Grant, WatchedSubscriber
from tests.conftest import ALICE_AT_WEBEX, H1
from tests.integrations.provisioning.conftest import ENTERPRISE

LIST, NEW = "/webex/subscribers/", "/webex/subscribers/new/"
HTMX = {"HX-Request": "true"}
PAGES = [LIST, "/webex/subscribers/people/?q=a", "/webex/subscribers/live/", NEW,
         "/webex/subscriber/Y2lz/", "/webex/subscriber/Y2lz/change/",
         "/webex/subscriber/Y2lz/remove/", "/webex/subscriber/Y2lz/standing/",
         "/webex/abilities/"]  # fmt: skip


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def provision(browser, values):
    answer = browser.post(NEW, {**values, "action": "provision"})
    assert answer.status_code == 303, text(answer)
    return answer["Location"]


def live_url(browser):
    """What the list asks for again and again while something on it moves."""
    page = browser.get(f"{LIST}?enterprise={quote(ENTERPRISE)}").content.decode()
    return html.unescape(re.search(r'hx-get="([^"]*/live/[^"]*)"', page)[1])


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_it_is_shown_without_the_right(alice_browser, path):
    assert alice_browser.get(path).status_code == 403
    assert "Subscribers" not in text(alice_browser.get("/webex/"))


@pytest.mark.parametrize("path", PAGES)
def test_signed_out_leads_to_the_sign_in_and_a_fragment_reloads_its_page(browser, acme, path):
    assert "/sign-in/" in browser(None).get(path)["Location"]
    assert browser(None).get(path, headers=HTMX)["HX-Refresh"] == "true"


def test_seeing_is_not_changing(make_user, park_bench, browser, pat_browser, new_user):
    page = provision(pat_browser, new_user())
    viewer = make_user("vera")
    viewer.user_permissions.add(
        Group.objects.get(name="Webex provisioning").permissions.get(codename="view_subscribers")
    )
    vera = browser(viewer)
    vera.link("pat@parkbench.example")

    assert "Change" not in text(vera.get(page))
    assert vera.get(NEW).status_code == 403
    assert vera.post(f"{page}remove/", {"what": "mapping"}).status_code == 403
    assert "Provision somebody" not in text(vera.get(LIST))


def test_who_has_not_linked_is_led_to_the_connection(pat, park_bench, browser):
    answer = browser(pat).get(LIST)

    assert (answer.status_code, answer["Location"]) == (303, "/webex/")


def test_who_is_no_administrator_is_told_what_they_lack_and_stays_green(pat, park_bench, browser):
    client = browser(pat)
    client.link(ALICE_AT_WEBEX)

    answer = client.get(LIST)

    assert answer.status_code == 403
    assert "Partner administrator" in text(answer)
    assert 'data-webex="linked"' in text(answer)
    abilities = text(client.get("/webex/abilities/", headers=HTMX))
    assert "your Webex account lacks the role" in abilities
    assert "the integration lacks spark-admin:broadworks_billing_reports_read" in abilities


def test_a_partner_administrator_reads_what_they_can_and_webex_is_asked_once_a_day(
    pat_browser, small_sandbox
):
    first = text(pat_browser.get("/webex/abilities/", headers=HTMX))
    calls = len(small_sandbox.ledger.calls)
    again = text(pat_browser.get("/webex/abilities/", headers=HTMX))

    assert first == again
    assert len(small_sandbox.ledger.calls) == calls
    assert first.index("You can:") < first.index("see enterprises") < first.index("You cannot:")


def test_the_table_says_it_in_words_and_as_a_fragment_too(pat_browser):
    page = text(pat_browser.get(f"{LIST}?status=error"))
    fragment = text(pat_browser.get(f"{LIST}?status=error", headers=HTMX))

    assert "<html" in page
    assert "<html" not in fragment
    assert 'class="state bad"' in fragment
    assert ">Error" in fragment.replace("> Error", ">Error") or "Error" in fragment


def test_more_is_a_signed_link_that_nobody_can_point_elsewhere(pat_browser, small_sandbox):
    page = text(pat_browser.get(LIST))
    (query,) = set(re.findall(r'href="(\?[^"]*next=[^"]+)"', page))

    second = text(pat_browser.get(LIST + query.replace("&amp;", "&")))
    forged = text(pat_browser.get(f"{LIST}?next=http://evil.example/v1/x"))

    rows = [set(re.findall(r"/webex/subscriber/[^/]+/", each)) for each in (page, second, forged)]
    assert not rows[0] & rows[1]
    assert rows[0] == rows[2]


def test_an_empty_result_says_what_to_try(pat_browser):
    page = text(pat_browser.get(f"{LIST}?q=nobody%40new.example"))

    assert "No subscriber has exactly" in page
    assert "also fill in the enterprise" in page


def test_provisioning_a_change_and_a_removal_leave_a_trail(pat_browser, new_user, small_sandbox):
    page = provision(pat_browser, new_user())
    assert "Provisioning" in text(pat_browser.get(page))
    small_sandbox.advance(5)

    values = {name: value for name, value in new_user().items() if name not in ("email",)}
    answer = pat_browser.post(f"{page}change/", {**values, "package": "premium"})
    assert answer["Location"] == page
    small_sandbox.advance(5)
    shown = text(pat_browser.get(page))
    assert "premium" in shown
    assert "Subscriber changed" in shown

    pat_browser.post(f"{page}remove/", {"what": "mapping"})

    events = AuditEvent.objects.filter(object_type="watchedsubscriber").order_by("pk")
    assert [event.action for event in events] == [
        "subscriber.provisioned", "subscriber.changed", "subscriber.removed",
    ]  # fmt: skip
    assert {(event.actor_name, event.hostname) for event in events} == {("pat", H1)}
    assert all(event.request_id for event in events)
    assert [event.changed for event in events][1] == ["package"]


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


def test_check_first_asks_and_keeps_what_was_typed(pat_browser, new_user):
    page = text(pat_browser.post(NEW, {**new_user(), "action": "check"}))

    assert "successful" in page
    assert 'value="ada@parkbench.example"' in page
    assert not WatchedSubscriber.objects.exists()


def test_a_lost_answer_leads_to_a_look_not_to_a_second_try(pat_browser, new_user, small_sandbox):
    small_sandbox.fault("/v1/broadworks/subscribers", cut="before_status", after=True)

    answer = pat_browser.post(NEW, {**new_user(), "action": "provision"}, follow=True)

    assert "Webex did not say whether it was done" in text(answer)
    assert "ada@parkbench.example" in text(answer)
    posts = [call for call in small_sandbox.ledger.calls if call.method == "POST"]
    assert len([call for call in posts if call.path.endswith("/subscribers")]) == 1


def test_the_person_is_removed_only_when_typed(pat_browser, new_user, small_sandbox):
    page = provision(pat_browser, new_user())
    small_sandbox.advance(5)

    wrong = pat_browser.post(f"{page}remove/", {"what": "person", "typed": "yes"})
    right = pat_browser.post(
        f"{page}remove/", {"what": "person", "typed": " Ada.Abbott@new.example "}, follow=True
    )

    assert "This is not the same." in text(wrong)
    assert "the Webex person are removed" in text(right)


def test_rows_that_move_are_told_from_the_database(pat_browser, new_user, small_sandbox):
    page = provision(pat_browser, new_user())
    live = live_url(pat_browser)
    calls = len(small_sandbox.ledger.calls)

    moving = text(pat_browser.get(live, headers=HTMX))
    standing = text(pat_browser.get(f"{page}standing/", headers=HTMX))
    WatchedSubscriber.objects.update(status="provisioned", ask_at=None)
    settled = text(pat_browser.get(live, headers=HTMX))
    over = text(pat_browser.get(f"{page}standing/", headers=HTMX))

    assert "every 3s" in moving
    assert "every 2s" in standing
    assert "every" not in settled
    assert "Provisioned" in settled
    assert 'hx-trigger="load"' in over
    assert len(small_sandbox.ledger.calls) == calls


@pytest.mark.parametrize("account", ["pip@parkbench.example", ALICE_AT_WEBEX])
def test_rows_that_webex_showed_to_another_account_are_nobodys_business(
    pat_browser, new_user, make_user, browser, pip_at_webex, account
):
    """Pip administers the same organisation; at Webex Pip may see fewer of its customers."""
    provision(pat_browser, new_user())
    live = live_url(pat_browser)
    row = WatchedSubscriber.objects.get()
    mallory = make_user("mallory")
    mallory.groups.add(Group.objects.get(name="Webex provisioning"))
    client = browser(mallory)
    client.link(account)

    assert row.key in text(pat_browser.get(live, headers=HTMX))
    for url in (live, f"{LIST}live/?keys={row.key}", f"{LIST}live/"):
        assert row.key not in text(client.get(url, headers=HTMX))


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


def test_the_mail_is_sent_again_where_somebody_must_consent(pat_browser, new_user, small_sandbox):
    page = provision(pat_browser, new_user("migrate-ada@parkbench.example"))
    small_sandbox.advance(5)
    assert "Send the mail again" in text(pat_browser.get(page))

    answer = pat_browser.post(f"{page}consent-mail/", follow=True)

    assert "Webex sends the mail again." in text(answer)
    assert AuditEvent.objects.latest("pk").action == "subscriber.consent_mail_sent"
    assert ENTERPRISE in AuditEvent.objects.latest("pk").object_label


def test_a_grant_that_was_relinked_is_asked_about_anew(pat_browser):
    pat_browser.get("/webex/abilities/", headers=HTMX)
    seen = Grant.objects.get().capability_seen_at
    pat_browser.link("pat@parkbench.example")

    pat_browser.get("/webex/abilities/", headers=HTMX)

    assert Grant.objects.get().capability_seen_at > seen
