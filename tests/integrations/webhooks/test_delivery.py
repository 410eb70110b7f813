"""Events arrive signed, at least once and in order; whoever does not take them holds up nobody."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from integrations import clock
from integrations.models import GrantEvent, WebhookDelivery
from integrations.operations import webhooks
from tests.integrations.webhooks.conftest import seen, tell, verified

Kind, State = GrantEvent.Kind, WebhookDelivery.State


def test_a_receiver_verifies_an_event_with_the_public_library(grant, listen, subscribe, deliver):
    receiver = listen()
    endpoint = subscribe(receiver)

    tell(grant, Kind.CONSENT_LOST)
    deliver()

    (got,) = receiver.received
    assert verified(endpoint.secret, got)["type"] == "grant.consent_lost"
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(got.body.replace("alice", "mallory"), got.headers)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.response_code, row.attempts) == (State.DELIVERED, 204, 1)
    assert row.duration_ms is not None


def test_both_secrets_sign_for_a_day_while_one_replaces_the_other(
    grant, listen, subscribe, deliver, travel
):
    receiver = listen()
    endpoint = subscribe(receiver)
    old = endpoint.secret
    new = webhooks.rotate_secret(endpoint, now=clock.now())

    tell(grant, Kind.CONSENT_LOST)
    deliver()
    travel(timedelta(hours=25))
    tell(grant, Kind.RECOVERED)
    deliver()

    first, second = receiver.received
    assert verified(old, first) == verified(new, first)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(second.body, second.headers)


def test_what_did_not_happen_is_announced_to_nobody(grant, listen, subscribe):
    subscribe(listen())

    with transaction.atomic():
        tell(grant, Kind.CONSENT_LOST)
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_a_later_event_of_a_grant_waits_for_the_earlier_and_others_go_on(
    grant, acme, link, listen, subscribe, deliver, travel
):
    bob = link("bob", acme)
    receiver = listen()
    receiver.on_receipt = lambda got: 500 if "alice" in got.body and len(seen(receiver)) < 2 else 0
    subscribe(receiver)

    tell(grant, Kind.LINKED, Kind.CONSENT_LOST, Kind.RECOVERED)
    tell(bob, Kind.LINKED, Kind.DISCONNECTED)
    deliver()
    travel(timedelta(seconds=3))  # a failing receiver rests
    deliver()
    assert [(who, what) for who, what in seen(receiver) if who == "bob"] == [
        ("bob", "grant.linked"), ("bob", "grant.disconnected"),
    ]  # fmt: skip
    travel(timedelta(minutes=1))
    deliver()

    whats = [what for who, what in seen(receiver) if who == "alice"]
    assert list(dict.fromkeys(whats)) == ["grant.linked", "grant.consent_lost", "grant.recovered"]
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_a_worker_that_died_after_sending_leaves_a_duplicate_with_the_same_id(
    grant, listen, subscribe, deliver, travel
):
    receiver = listen()
    subscribe(receiver)
    tell(grant, Kind.LINKED)
    claimed = WebhookDelivery.objects.due(clock.now()).claim(
        most=1, now=clock.now(), seconds=WebhookDelivery.claim_seconds()
    )
    assert len(claimed) == 1

    deliver()
    assert receiver.received == []
    travel(timedelta(seconds=31))
    deliver()
    assert len(receiver.received) == 1


def test_a_worker_that_comes_too_late_changes_nothing(grant, subscribe):
    """Its claim ran out, and somebody else has sent it meanwhile."""
    subscribe("https://hooks.example.com/")
    tell(grant, Kind.LINKED)
    now, due = clock.now(), WebhookDelivery.objects.due
    (late,) = due(now).claim(most=1, now=now, seconds=10)
    now += timedelta(seconds=20)
    (quick,) = due(now).claim(most=1, now=now, seconds=10)

    assert quick.mark_delivered(now)
    assert not late.retry_later(now, wait=timedelta(0))

    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.DELIVERED


def test_an_endpoint_hears_of_its_own_events_integrations_and_hostnames_only(
    grant, acme, globex, link, listen, subscribe, deliver
):
    elsewhere = link("bob", globex)
    grant.hostname = "portal-a.example.com"
    for name, limits in {
        "lost only": {"events": ["grant.consent_lost"]},
        "globex": {"app_ids": [globex.pk]},
        "a2": {"hostnames": ["portal-a2.example.com"]},
        "a": {"hostnames": ["portal-a.example.com"]},
    }.items():
        subscribe("https://hooks.example.com/", name, **limits)

    tell(grant, Kind.LINKED)
    tell(elsewhere, Kind.LINKED)

    rows = WebhookDelivery.objects.values_list("endpoint__name", "order_key")
    assert set(rows) == {("globex", f"grant {elsewhere.pk}"), ("a", f"grant {grant.pk}")}


def test_what_waits_is_not_told_to_an_endpoint_that_may_no_longer_know_it(
    grant, globex, link, listen, subscribe, deliver
):
    receiver = listen()
    elsewhere, endpoint = link("bob", globex), subscribe(receiver)
    tell(grant, Kind.LINKED)
    tell(elsewhere, Kind.LINKED)
    webhooks.send_test(endpoint, now=clock.now())

    endpoint.app_ids = [globex.pk]
    webhooks.save(endpoint, changed={"app_ids"}, now=clock.now())
    deliver()

    told = [json.loads(got.body) for got in receiver.received]
    assert {event["type"] for event in told} == {"grant.linked", "webhook.test"}
    assert {event["data"].get("grant_id") for event in told} == {elsewhere.pk, None}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_event_once_and_in_order(
    acme, link, listen, subscribe, deliver
):
    receiver = listen()
    subscribe(receiver)
    grants = [link(f"user{number}", acme, due=False) for number in range(4)]
    for _ in range(5):
        for each in grants:
            tell(each, Kind.CONSENT_LOST, Kind.RECOVERED)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(_deliver_and_close, [deliver] * 2))
    deliver()

    assert len(receiver.received) == len({got.id for got in receiver.received}) == 40
    for each in grants:
        kinds = [what for who, what in seen(receiver) if who == each.user.username]
        assert kinds == ["grant.consent_lost", "grant.recovered"] * 5


def _deliver_and_close(deliver):
    try:
        deliver()
    finally:
        connection.close()
