"""What moves at Webex is followed for everybody at once, and left alone when it is done."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.models import Grant, WatchedSubscriber
from integrations.provisioning import following, search, subscribers
from integrations.provisioning.search import Search

SUBSCRIBERS = "/v1/broadworks/subscribers"


@pytest.fixture
def at_webex(small_sandbox):
    """How often it was asked since it was last asked for."""
    seen = 0

    def asked():
        nonlocal seen
        calls = [call for call in small_sandbox.ledger.calls if call.path.startswith(SUBSCRIBERS)]
        before, seen = seen, len(calls)
        return seen - before

    return asked


def due():
    """Everything that is followed is due now; waiting for it would take a test too long."""
    WatchedSubscriber.objects.filter(ask_at__isnull=False).update(ask_at=clock.now())


def row(subscriber):
    return WatchedSubscriber.objects.get(webex_id=subscriber.id)


@pytest.mark.parametrize(
    ("status", "seconds", "expected"),
    [
        ("provisioning", 0, 2),
        ("provisioning", 2, 4),
        ("updating", 6, 8),
        ("updating", 14, 15),
        ("updating", 29, 30),
        ("updating", 59, 60),
        ("updating", 1799, 60),
        ("updating", 1800, 900),
        ("pending_user_migration", 0, 3600),
        ("provisioned", 0, None),
        ("error", 0, None),
        ("whatever", 0, None),
    ],
)
def test_the_pace_slows_down(status, seconds, expected):
    pause = following.pause(status, timedelta(seconds=seconds))

    assert pause == (timedelta(seconds=expected) if expected else None)


def test_many_rows_take_one_question(as_pat, new_user, small_sandbox, at_webex):
    ours = [
        subscribers.provision(
            as_pat(), new_user(f"u{n}@parkbench.example", email=f"u{n}@new.example")
        )
        for n in range(5)
    ]
    small_sandbox.advance(5)
    due()
    at_webex()

    assert not following.follow_due(seconds=1)

    assert at_webex() == 1
    assert {row(each).status for each in ours} == {"provisioned"}
    assert {row(each).ask_at for each in ours} == {None}


def test_what_still_moves_is_asked_about_later(as_pat, new_user, at_webex):
    ada = subscribers.provision(as_pat(), new_user())
    due()
    at_webex()

    assert following.follow_due(seconds=0.1), "goes on: something will be due soon"

    assert at_webex() == 1
    assert row(ada).ask_at > clock.now()
    assert row(ada).status == "provisioning"


def test_a_lagging_list_is_helped_by_the_id(as_pat, new_user, small_sandbox, later, at_webex):
    ada = subscribers.provision(as_pat(), new_user())
    small_sandbox.scenario.update({"list_lag": 3600})
    later(minutes=11)
    due()
    at_webex()

    following.follow_due(seconds=0.1)

    assert at_webex() == 2
    assert row(ada).status == "provisioned"


def test_a_link_that_is_gone_stops_the_questions(as_pat, new_user, at_webex):
    ada = subscribers.provision(as_pat(), new_user())
    Grant.objects.get().disconnect()
    due()
    at_webex()

    assert not following.follow_due(seconds=1)

    assert at_webex() == 0
    assert row(ada).grant is None


def test_webex_down_is_asked_again_later(as_pat, new_user, small_sandbox):
    ada = subscribers.provision(as_pat(), new_user())
    small_sandbox.fault(SUBSCRIBERS, status=503, headers={"Retry-After": "90"})
    due()

    following.follow_due(seconds=0.1)

    assert row(ada).ask_at > clock.now() + timedelta(seconds=80)
    assert row(ada).grant is not None


def test_an_old_answer_does_not_undo_a_newer_one(as_pat, new_user, small_sandbox):
    ada = subscribers.provision(as_pat(), new_user())
    newer = row(ada).changed_at + timedelta(seconds=10)
    WatchedSubscriber.objects.update(status="updating", changed_at=newer)
    small_sandbox.advance(5)

    following._update(as_pat(), row(ada), search.subscriber(as_pat(), ada.id))

    assert row(ada).changed_at <= newer


def test_a_list_follows_only_what_moves_or_waits(as_pat):
    found = search.subscribers(as_pat(), Search(status="pending_user_migration"))
    search.subscribers(as_pat(), Search(status="provisioned"))

    assert WatchedSubscriber.objects.count() == len(found.subscribers) > 0


def test_what_nobody_looks_at_is_forgotten(as_pat, new_user, travel):
    from integrations.operations import housekeeping

    subscribers.provision(as_pat(), new_user())
    housekeeping.tidy(now=clock.now() + timedelta(hours=23))
    assert WatchedSubscriber.objects.exists()

    housekeeping.tidy(now=clock.now() + timedelta(hours=25))

    assert not WatchedSubscriber.objects.exists()


def test_two_loops_at_once_are_one(as_pat, new_user, at_webex):
    subscribers.provision(as_pat(), new_user())
    from integrations.models import Lease

    now = clock.now()
    Lease.objects.take(["following"], now=now, until=now + timedelta(seconds=30))
    due()
    at_webex()

    assert not following.follow_due(seconds=1)
    assert at_webex() == 0


def test_each_account_is_asked_about_what_it_saw_itself(
    as_pat, new_user, small_sandbox, make_user, browser, pip_at_webex
):
    """Both administer one organisation; what Webex shows to one it may not show to the other."""
    subscribers.provision(as_pat(), new_user())
    bea = subscribers.provision(
        as_pat(), new_user("bea@parkbench.example", email="bea@new.example")
    )
    pip = make_user("pip")
    browser(pip).link(pip_at_webex)
    WatchedSubscriber.objects.filter(webex_id=bea.id).update(grant=Grant.objects.get(user=pip))
    small_sandbox.ledger.clear()
    due()

    following.follow_due(seconds=0.1)

    asked = {call.person_email for call in small_sandbox.ledger.find(SUBSCRIBERS)}
    assert asked == {"pat@parkbench.example", pip_at_webex}
