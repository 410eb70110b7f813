"""What jobs may ask in one user's name."""

from datetime import timedelta

from integrations import clock
from integrations.models import Grant
from integrations.renewal import rate_limit


def test_jobs_of_one_user_share_a_limit_of_their_own(acme, link, settings):
    settings.WEBEX_JOB_CALLS_PER_MINUTE = 240
    alice, bob, now = link("alice", acme), link("bob", acme), clock.now()

    first, _none = rate_limit.reserve_rest(alice, most=100, now=now)
    again, wait = rate_limit.reserve_rest(alice, most=100, now=now)

    assert (first, again) == (7, 0)
    assert timedelta(0) < wait < timedelta(seconds=1)
    assert rate_limit.reserve_rest(bob, most=1, now=now)[0] == 1
    assert rate_limit.reserve(acme, most=1, now=now)[0] == 1


def test_a_reservation_disturbs_no_renewal(acme, link):
    alice = link("alice", acme)

    rate_limit.reserve_rest(alice, most=1, now=clock.now())

    assert Grant.objects.filter(pk=alice.pk, version=alice.version).exists()
