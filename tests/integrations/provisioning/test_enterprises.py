"""Enterprises and their directory synchronisation, on the pages and against the sandbox."""

import re

import pytest
from django.contrib.auth.models import Group, Permission

from integrations.actions import Action
from integrations.models import AuditEvent
from tests.conftest import ALICE_AT_WEBEX, H1
from tests.integrations.provisioning.conftest import PARK_BENCH

LIST = "/webex/enterprises/"
API = "/v1/broadworks/enterprises"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def enterprises(small_sandbox):
    """Of Pat's, and few subscribers, for there is a new set in each test."""
    small_sandbox.state.subscribers = 60
    rows = small_sandbox.state.directory.enterprises
    return [row for row in rows if row.partner == PARK_BENCH.name]


@pytest.fixture
def synced(enterprises):
    row = next(row for row in enterprises if not row.sync_fails)
    row.is_synced = True
    return row


@pytest.fixture
def off(enterprises):
    row = enterprises[-1]
    row.is_synced = False
    return row


def page_of(row, part=""):
    return f"{LIST}{row.sp_enterprise_id}/{part}"


def calls(sandbox, method="GET"):
    mine = [call for call in sandbox.ledger.calls if call.path.startswith(API)]
    return [call for call in mine if call.method == method]


def poll_of(text):
    found = re.search(r'hx-get="([^"]*standing/[^"]*)"\s+hx-trigger="every (\d+)s"', text)
    return (found[1].replace("&amp;", "&"), int(found[2])) if found else None


def test_the_list_is_found_by_how_an_enterprise_starts(pat_browser, enterprises):
    everything = pat_browser.get(LIST).text
    acme = pat_browser.get(LIST, {"q": "ParkBench+acme"}).text

    assert all(row.sp_enterprise_id in everything for row in enterprises)
    assert "ParkBench+acme-corporation" in acme
    assert "ParkBench+globex" not in acme


def test_what_is_not_found_says_how_webex_searches(pat_browser):
    page = pat_browser.get(LIST, {"q": "Nobody+<script>"}, **HTMX).text

    assert "No enterprise has the ID" in page
    assert "Webex looks at the start only" in page
    assert "<script>" not in page


def test_the_list_goes_on_where_webex_points(pat_browser, small_sandbox, monkeypatch):
    monkeypatch.setattr("integrations.provisioning.enterprises.SHOWN", "15")

    first = pat_browser.get(LIST).text
    query = re.search(r'href="\?([^"]*next=[^"]*)"', first)[1]
    second = pat_browser.get(f"{LIST}?{query}").text

    names = [set(re.findall(r"ParkBench\+[\w-]+", page)) for page in (first, second)]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 20


def test_a_forged_next_page_starts_over(pat_browser, small_sandbox):
    assert pat_browser.get(LIST, {"next": "https://evil.example/v1/x"}).status_code == 200
    assert [call.query.get("offset") for call in calls(small_sandbox)] == [None]


def test_switching_is_done_recorded_and_undone(pat_browser, off, pat):
    done = pat_browser.post(page_of(off, "switch-on/"), follow=True).text
    assert off.is_synced
    assert "switched on" in done
    pat_browser.post(page_of(off, "switch-off/"))
    assert not off.is_synced

    events = AuditEvent.objects.filter(action=Action.DIRECTORY_SYNC_CHANGED).order_by("pk")
    assert [each.reason for each in events] == ["on", "off"]
    assert {each.object_label for each in events} == {off.sp_enterprise_id}
    assert (events[0].actor_name, events[0].hostname) == (pat.username, H1)


def test_a_synchronisation_is_followed_until_it_is_over(pat_browser, synced, later):
    page = pat_browser.post(page_of(synced, "synchronise/"), follow=True).text
    url, seconds = poll_of(page)
    assert "Running" in page
    assert seconds == 10

    later(seconds=9)
    running = pat_browser.get(url, **HTMX).text
    later(seconds=10)
    over = pat_browser.get(poll_of(running)[0], **HTMX).text

    assert poll_of(over) is None
    assert "Complete" in over
    assert 'id="announcement"' in over
    assert AuditEvent.objects.filter(action=Action.DIRECTORY_SYNC_STARTED).count() == 1


def test_the_old_state_is_not_taken_for_the_end_of_the_new_one(pat_browser, synced, small_sandbox):
    """Webex may answer with the last synchronisation for a while."""
    old = pat_browser.get(page_of(synced), {"since": synced.sync_tracking_id}).text
    assert "does not show it yet" in old
    assert poll_of(old)

    url = f"{page_of(synced, 'standing/')}?since={synced.sync_tracking_id}&turn=6"
    assert poll_of(pat_browser.get(url, **HTMX).text) is None


def test_all_who_look_with_one_account_ask_once_in_some_seconds(pat_browser, synced, small_sandbox):
    pat_browser.get(page_of(synced))
    for _tab in range(5):
        pat_browser.get(page_of(synced, "standing/"), **HTMX)

    assert len(calls(small_sandbox)) == 1


def test_starting_a_running_one_says_so_and_sends_nothing(pat_browser, synced, small_sandbox):
    pat_browser.post(page_of(synced, "synchronise/"))
    again = pat_browser.post(page_of(synced, "synchronise/"), follow=True).text

    assert "running already" in again
    assert len(calls(small_sandbox, "POST")) == 1


def test_a_cluster_out_of_reach_is_explained(pat_browser, enterprises):
    enterprises[0].sync_fails = True

    page = pat_browser.get(page_of(enterprises[0])).text

    assert "With errors" in page
    assert "Webex could not reach your BroadWorks cluster." in page
    assert "Partner Hub" in page
    assert "Webex code 6003" in page


def test_numbers_are_shown_and_a_state_nobody_knows_is_shown_as_it_is(
    pat_browser, synced, small_sandbox
):
    body = (
        b'{"items":[{"id":"Y2lz","spEnterpriseId":"%s","broadworksDirectorySync":{"enableDirSync":'
        b'"true","directorySyncStatus":{"syncStatus":"QUEUED_BY_MOON","usersAdded":17,'
        b'"totalExternalUsersInCI":4711}}}]}' % synced.sp_enterprise_id.encode()
    )
    small_sandbox.fault(API, status=200, body=body)

    page = pat_browser.get(page_of(synced)).text

    assert "QUEUED_BY_MOON" in page
    assert re.search(r">17</td>.*>4711</td>", page, re.DOTALL)


@pytest.mark.parametrize(
    ("user_id", "sentence"),
    [
        ("new-ada@acme.example", "was added at Webex"),
        ("gone-ada@acme.example", "was deleted at Webex"),
        ("somebody@acme.example", "Nothing had to be changed"),
    ],
)
def test_one_user_is_synchronised_at_once(pat_browser, synced, user_id, sentence):
    page = pat_browser.post(page_of(synced, "user/"), {"userId": user_id}).text

    assert sentence in page
    event = AuditEvent.objects.get(action=Action.DIRECTORY_USER_SYNCED)
    assert event.object_label == f"{user_id} ({synced.sp_enterprise_id})"


def test_a_refused_user_keeps_what_was_typed(pat_browser, off):
    page = pat_browser.post(page_of(off, "user/"), {"userId": "ada@acme.example"})

    assert page.status_code == 422
    assert 'value="ada@acme.example"' in page.text
    assert "not enabled for this enterprise" in page.text
    assert AuditEvent.objects.latest("pk").result == "refused"
    assert pat_browser.post(page_of(off, "user/"), {"userId": " "}).status_code == 422


def test_another_partners_enterprise_is_not_there(pat_browser, small_sandbox):
    page = pat_browser.post(f"{LIST}NorthernVoice+northern-bakery/switch-off/")

    assert page.status_code == 404
    assert calls(small_sandbox, "PUT") == []


def test_an_answer_about_another_enterprise_changes_nothing(pat_browser, synced, small_sandbox):
    """A filter that Webex ignored must not switch whatever came first."""
    body = b'{"items":[{"id":"Y2lz","spEnterpriseId":"Other+one"}]}'
    small_sandbox.fault(API, status=200, body=body)

    assert pat_browser.post(page_of(synced, "switch-off/")).status_code == 404
    assert calls(small_sandbox, "PUT") == []


def test_a_lost_answer_says_that_it_may_have_been_done(pat_browser, synced, small_sandbox):
    small_sandbox.fault(f"{API}/*", cut="before_status", after=True)

    page = pat_browser.post(page_of(synced, "switch-off/"))

    assert page.status_code == 503
    assert "Look before you try again" in page.text
    assert AuditEvent.objects.latest("pk").result == "failed"


def test_without_the_role_the_page_says_which(alice, park_bench, browser, enterprises, synced):
    alice.groups.add(Group.objects.get(name="Webex provisioning"))
    client = browser(alice)
    client.link(ALICE_AT_WEBEX)

    page = client.get(LIST)

    assert page.status_code == 403
    assert "Partner administrator" in page.text
    assert client.get(page_of(synced, "standing/"), **HTMX).status_code == 403


def test_what_an_open_page_shows_stays_while_webex_is_away(pat_browser, synced, small_sandbox):
    pat_browser.get(page_of(synced))
    small_sandbox.fault(f"{API}*", status=503, times=None)

    assert pat_browser.get(LIST).status_code == 503
    url = page_of(synced, "standing/")
    assert pat_browser.get(url, **HTMX).status_code == 200  # known some seconds ago


def test_a_poll_that_webex_does_not_answer_changes_nothing(pat_browser, synced, small_sandbox):
    small_sandbox.fault(f"{API}*", status=503)

    assert pat_browser.get(page_of(synced, "standing/"), **HTMX).status_code == 204


def test_nobody_sees_or_changes_without_the_right(nina, alice, park_bench, browser, synced):
    """Alice may use Webex, and work with no enterprise."""
    for user in (nina, alice):
        client = browser(user)
        assert client.get(LIST).status_code == 403
        assert client.post(page_of(synced, "switch-off/")).status_code == 403
    assert synced.is_synced


def test_whoever_may_only_see_is_offered_no_button(pat, pat_browser, synced):
    pat.groups.clear()
    pat.user_permissions.set(permissions("use_webex", "view_subscribers"))

    page = pat_browser.get(page_of(synced)).text

    assert "Switch off" not in page
    assert pat_browser.post(page_of(synced, "switch-off/")).status_code == 403


def permissions(*codenames):
    return list(Permission.objects.filter(codename__in=codenames))
