"""The pages under Webex → Subscribers: who gets them, what they say, and how they refuse."""

import re

import pytest
from django.contrib.auth.models import Group

from integrations.models import AuditEvent, Grant, WatchedSubscriber
from tests.conftest import ALICE_AT_WEBEX, H1
from tests.integrations.provisioning.conftest import (
    ENTERPRISE,
    HTMX,
    LIST,
    NEW,
    live_url,
    provision,
    text,
)

PAGES = [LIST, "/webex/subscribers/people/?q=a", "/webex/subscribers/live/", NEW,
         "/webex/subscriber/Y2lz/", "/webex/subscriber/Y2lz/change/",
         "/webex/subscriber/Y2lz/remove/", "/webex/subscriber/Y2lz/standing/",
         "/webex/abilities/"]  # fmt: skip


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


def test_check_first_asks_and_keeps_what_was_typed(pat_browser, new_user):
    page = text(pat_browser.post(NEW, {**new_user(), "action": "check"}))

    assert "successful" in page
    assert 'value="ada@parkbench.example"' in page
    assert not WatchedSubscriber.objects.exists()


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
