"""Finding, provisioning, changing and removing, against the sandbox."""

from dataclasses import replace

import pytest

from integrations.actions import Action
from integrations.errors import AmbiguousOutcome, InsufficientScope, Problem, Rejected
from integrations.models import AuditEvent, WatchedSubscriber
from integrations.provisioning import search, subscribers, timeline, words
from integrations.provisioning.search import Search
from tests.conftest import H1
from tests.integrations.provisioning.conftest import ENTERPRISE

SUBSCRIBERS = "/v1/broadworks/subscribers"


@pytest.fixture
def ada(as_pat, new_user):
    return subscribers.provision(as_pat(), new_user())


@pytest.fixture
def settled_ada(ada, as_pat, small_sandbox):
    small_sandbox.advance(5)
    return search.subscriber(as_pat(), ada.id)


def calls(sandbox, method="GET"):
    paths = [call for call in sandbox.ledger.calls if "/subscribers" in call.path]
    return [call for call in paths if call.method == method]


@pytest.mark.parametrize("text", ["ada.abbott@new.example", "ada@parkbench.example", ENTERPRISE])
def test_one_box_finds_by_email_user_id_and_enterprise(settled_ada, as_pat, text):
    found = search.subscribers(as_pat(), Search(text=text))

    assert [each.id for each in found.subscribers] == [settled_ada.id]


def test_part_of_a_name_is_found_inside_an_enterprise(settled_ada, as_pat):
    inside = Search(text="abb", enterprise=ENTERPRISE)

    assert [each.id for each in search.subscribers(as_pat(), inside).subscribers] == [
        settled_ada.id
    ]
    assert search.subscribers(as_pat(), Search(text="abb")).subscribers == ()


def test_a_package_is_filtered_here_and_the_next_page_goes_on(as_pat):
    first = search.subscribers(as_pat(), Search(package="premium"))
    second = search.subscribers(as_pat(), Search(package="premium"), first.next_url)

    assert {each.package for each in first.subscribers} == {"premium"}
    assert first.looked_through > len(first.subscribers)
    assert not {each.id for each in first.subscribers} & {each.id for each in second.subscribers}


def test_provisioning_is_recorded_and_followed(ada):
    event = AuditEvent.objects.latest("pk")
    row = WatchedSubscriber.objects.get(webex_id=ada.id)

    assert (event.action, event.result) == (Action.SUBSCRIBER_PROVISIONED, "done")
    assert (event.object_id, event.object_label) == (
        row.key,
        f"ada@parkbench.example ({ENTERPRISE})",
    )
    assert "lastName" in event.changed
    assert "Abbott" not in str(event.changed)
    assert event.tracking_id
    assert row.ask_at is not None


def test_a_refusal_is_recorded_with_its_code_and_said_in_words(as_pat, ada, new_user):
    with pytest.raises(Rejected) as caught:
        subscribers.provision(as_pat(), new_user())

    event = AuditEvent.objects.latest("pk")
    assert (event.result, event.reason) == ("refused", "409 10022")
    (said,) = words.explain(caught.value)
    assert "already connected" in said.text
    assert said.tracking_id == event.tracking_id != ""


def test_an_answer_that_is_lost_is_not_asked_for_again(as_pat, new_user, small_sandbox):
    small_sandbox.fault(SUBSCRIBERS, cut="before_status", after=True)

    with pytest.raises(AmbiguousOutcome) as caught:
        subscribers.provision(as_pat(), new_user())

    assert len(calls(small_sandbox, "POST")) == 1
    assert AuditEvent.objects.latest("pk").result == "failed"
    assert words.explain(caught.value)[0].is_unclear


def test_only_what_changed_is_sent(settled_ada, as_pat, small_sandbox):
    wanted = {**subscribers.values(settled_ada), "package": "premium"}

    subscribers.change(as_pat(), settled_ada, wanted)

    (call,) = calls(small_sandbox, "PUT")
    assert subscribers.changes(settled_ada, wanted) == {"package": "premium"}
    assert AuditEvent.objects.latest("pk").changed == ["package"]
    assert call.path.endswith(settled_ada.id)


def test_nothing_changed_asks_nobody(settled_ada, as_pat, small_sandbox):
    subscribers.change(as_pat(), settled_ada, subscribers.values(settled_ada))

    assert calls(small_sandbox, "PUT") == []


def test_removing_ends_the_mapping_and_the_person_stays(settled_ada, as_pat):
    removal = subscribers.remove(as_pat(), settled_ada, with_person=False)

    assert not removal.is_person_removed
    with pytest.raises(Rejected):
        search.subscriber(as_pat(), settled_ada.id)
    assert [each.email for each in search.found_people(as_pat(), settled_ada.email)] == [
        settled_ada.email
    ]
    assert not WatchedSubscriber.objects.exists()


def test_removing_twice_is_no_trouble(settled_ada, as_pat):
    subscribers.remove(as_pat(), settled_ada, with_person=False)
    subscribers.remove(as_pat(), settled_ada, with_person=False)

    assert set(
        AuditEvent.objects.filter(action=Action.SUBSCRIBER_REMOVED).values_list("result")
    ) == {("done",)}


def test_the_person_goes_too_where_asked(settled_ada, as_pat):
    removal = subscribers.remove(as_pat(), settled_ada, with_person=True)

    assert removal.is_person_removed
    assert search.found_people(as_pat(), settled_ada.email) == ()


def test_a_person_webex_keeps_is_said_to_be_there_still(settled_ada, as_pat, small_sandbox):
    small_sandbox.fault(f"/v1/people/{settled_ada.person_id}", status=403)

    removal = subscribers.remove(as_pat(), settled_ada, with_person=True)

    assert isinstance(removal.person_kept, InsufficientScope)
    assert AuditEvent.objects.latest("pk").result == "refused"


def test_the_timeline_tells_what_was_done_at_this_hostname_only(settled_ada, as_pat):
    entries = timeline.of(as_pat(), settled_ada, "portal-b.example.com")
    assert all(not entry.by for entry in entries)

    # Recorded outside of any request, so at no hostname.
    done = [entry for entry in timeline.of(as_pat(), settled_ada, "") if entry.tracking_id]
    assert [entry.text for entry in done] == ["Subscriber provisioned"]
    text = timeline.for_cisco(settled_ada, done, "ORG")
    assert done[0].tracking_id in text
    assert "Abbott" not in text
    told = replace(settled_ada, problems=(Problem(10999, "ada.abbott@new.example is taken"),))
    assert "error 10999\n" in timeline.for_cisco(told, done, "ORG")


def test_a_check_changes_nothing(as_pat, new_user, small_sandbox):
    assert subscribers.check(as_pat(), new_user()) == (
        "Provisioning preCheck validation successful.",
    )
    with pytest.raises(Rejected):
        subscribers.check(as_pat(), new_user("dup-ada@parkbench.example"))
    assert H1  # no audit: nothing was written
    assert not AuditEvent.objects.filter(action__startswith="subscriber.").exists()


def test_after_an_error_webex_is_asked_to_try_again_even_with_the_same(
    as_pat, new_user, small_sandbox
):
    failed = subscribers.provision(as_pat(), new_user("fail-ada@parkbench.example"))
    small_sandbox.advance(5)
    failed = search.subscriber(as_pat(), failed.id)

    again = subscribers.change(as_pat(), failed, subscribers.values(failed))

    assert (failed.status, again.status) == ("error", "updating")
    assert AuditEvent.objects.latest("pk").changed == ["package"]
