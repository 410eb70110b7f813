"""A usable access token for whoever asks: one renewal, and none while waiting is wiser."""

from datetime import timedelta

import pytest

from integrations import clock
from integrations.errors import (
    InsufficientScope,
    NotLinked,
    Refused,
    UndecryptableValue,
    WebexUnavailable,
)
from integrations.models import Grant, WebexApp
from integrations.renewal import on_demand
from integrations.renewal.outcomes import Outcome
from integrations.webex import people
from integrations.webex.http import Deadline
from tests.conftest import ALICE_AT_WEBEX
from tests.integrations.conftest import TOKENS, reread
from tests.integrations.refusals import raw, spoil
from tests.integrations.sweeping import sweep

ME = "/v1/people/me"


@pytest.fixture
def grant(acme, link):
    return link("alice", acme, due=False)


def token_of(grant, **options):
    return on_demand.access_token(grant, now=clock.now(), **options).value


def call_webex(grant):
    def who(bearer):
        return people.my_person(bearer, deadline=Deadline(2))

    return on_demand.with_bearer(grant, who, now=clock.now())


def test_a_token_with_life_left_costs_no_call(grant, sandbox):
    assert token_of(grant) == grant.access_token

    assert sandbox.ledger.count(TOKENS) == 0


def test_an_expired_token_is_renewed_once(grant, expire, sandbox):
    grant = expire(grant)
    old = grant.access_token

    new = token_of(grant)

    assert new == reread(grant).access_token != old
    assert token_of(grant) == token_of(reread(grant)) == new
    assert sandbox.ledger.count(TOKENS) == 1


def test_a_caller_may_ask_for_a_longer_life(grant, sandbox):
    grant.refreshed_at -= timedelta(minutes=2)
    token_of(grant, minimum_life=timedelta(days=13))
    assert sandbox.ledger.count(TOKENS) == 0

    token_of(grant, minimum_life=timedelta(days=15))

    assert sandbox.ledger.count(TOKENS) == 1


def test_while_webex_is_down_a_token_that_still_lives_is_good_enough(grant, sandbox):
    grant.refreshed_at -= timedelta(minutes=2)
    sandbox.fault(TOKENS, status=503, times=None)

    assert token_of(grant, minimum_life=timedelta(days=15)) == grant.access_token

    assert sandbox.ledger.count(TOKENS) == 1


def test_while_webex_is_down_an_expired_token_is_none(grant, expire, sandbox):
    sandbox.fault(TOKENS, status=503, times=None)

    with pytest.raises(WebexUnavailable):
        token_of(expire(grant))


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        ({"status": 503}, timedelta(seconds=105)),
        ({"status": 503, "headers": {"Retry-After": "900"}}, timedelta(seconds=895)),
        ({"status": 401}, timedelta(seconds=59)),
        ({"cut": "before_status"}, timedelta(seconds=29)),
        ({"status": 429, "headers": {"Retry-After": "40"}}, timedelta(seconds=39)),
        ({"status": 401, "body": b'{"error":"invalid_client"}'}, timedelta(minutes=9)),
    ],
)
def test_users_who_press_reload_do_not_hasten_the_next_attempt(
    grant, expire, sandbox, travel, fault, wait
):
    expire(grant)
    sandbox.fault(TOKENS, times=None, **fault)

    for _ in range(3):
        with pytest.raises(WebexUnavailable):
            token_of(reread(grant))
    travel(wait)
    with pytest.raises(WebexUnavailable):
        token_of(reread(grant))

    assert sandbox.ledger.count(TOKENS) == 1
    assert reread(grant).status == Grant.Status.ACTIVE


def test_after_the_wait_the_next_caller_renews(grant, expire, sandbox, travel):
    expire(grant)
    sandbox.fault(TOKENS, status=503)
    with pytest.raises(WebexUnavailable):
        token_of(reread(grant))

    travel(timedelta(minutes=3))

    assert token_of(reread(grant)) == reread(grant).access_token
    assert reread(grant).failing_since is None


def test_a_renewal_on_demand_that_webex_refuses_is_decided_by_the_next_sweep(
    grant, expire, sandbox
):
    """One refusal, seen by somebody who waits for a page, proves nothing about the client."""
    sandbox.fault(TOKENS, status=400, body=b'{"error": "invalid_grant"}', times=2)

    with pytest.raises(WebexUnavailable):
        token_of(expire(grant))

    assert reread(grant).status == Grant.Status.ACTIVE
    assert sweep() == {Outcome.CONSENT_LOST: 1}
    with pytest.raises(NotLinked):
        token_of(reread(grant))


def lose_consent(grant):
    Grant.objects.filter(pk=grant.pk).update(status=Grant.Status.CONSENT_LOST)


def disconnect(grant):
    grant.disconnect()


def disable(grant):
    WebexApp.objects.filter(pk=grant.app_id).update(is_enabled=False)


def deactivate(grant):
    grant.user.is_active = False
    grant.user.save()


@pytest.mark.parametrize("happen", [lose_consent, disconnect, disable, deactivate])
def test_whoever_is_not_linked_gets_no_token_and_costs_no_call(grant, sandbox, happen):
    happen(grant)

    with pytest.raises(NotLinked):
        token_of(reread(grant))

    assert sandbox.ledger.calls == []


def test_a_refused_access_token_earns_one_renewal_and_one_retry(grant, sandbox):
    sandbox.fault(ME, status=401)

    assert call_webex(grant).email == ALICE_AT_WEBEX

    assert (sandbox.ledger.count(ME), sandbox.ledger.count(TOKENS)) == (2, 1)


def test_an_access_token_refused_twice_is_not_tried_a_third_time(grant, sandbox):
    sandbox.fault(ME, status=401, times=None)

    with pytest.raises(Refused):
        call_webex(grant)

    assert (sandbox.ledger.count(ME), sandbox.ledger.count(TOKENS)) == (2, 1)
    assert reread(grant).status == Grant.Status.ACTIVE


def test_an_expired_token_refused_after_its_renewal_still_gets_its_retry(grant, expire, sandbox):
    sandbox.fault(ME, status=401)

    assert call_webex(expire(grant)).email == ALICE_AT_WEBEX


def test_403_leaves_the_grant_as_it_is(grant, sandbox):
    sandbox.fault(ME, status=403)
    before = raw(grant, "access_token")

    with pytest.raises(InsufficientScope):
        call_webex(grant)

    assert (raw(grant, "access_token"), sandbox.ledger.count(TOKENS)) == (before, 0)


@pytest.mark.parametrize(
    ("column", "error"),
    [("access_token", UndecryptableValue), ("refresh_token", WebexUnavailable)],
)
def test_an_unreadable_token_is_not_sent_and_not_overwritten(grant, expire, sandbox, column, error):
    if column == "refresh_token":
        expire(grant)
    spoil(grant, column)
    before = raw(grant, column)
    readable = Grant.objects.select_related("app", "user").get(pk=grant.pk)

    with pytest.raises(error):
        token_of(readable)

    assert raw(grant, column) == before
    assert sandbox.ledger.calls == []


@pytest.mark.parametrize("column", ["access_token", "refresh_token", "client_secret"])
def test_my_webex_stays_a_page_when_a_secret_cannot_be_read(
    alice_browser, linked_alice, acme, expire, column
):
    expire(linked_alice)
    spoil(acme if column == "client_secret" else linked_alice, column)

    page = alice_browser.get("/webex/profile/")

    assert page.status_code == 200
