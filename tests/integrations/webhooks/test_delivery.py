"""Events arrive signed, at least once and in order; whoever does not take them holds up nobody."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection, transaction
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from integrations import clock
from integrations.fields import Ciphertext
from integrations.models import AuditEvent, GrantEvent, WebhookDelivery, WebhookEndpoint
from integrations.operations import notices, webhooks
from integrations.renewal import clock_steps
from tests.webhook_receiver import Received, Receiver, listening

Kind, State = GrantEvent.Kind, WebhookDelivery.State


@pytest.fixture
def grant(acme, link):
    return link("alice", acme)


def tell(grant, *kinds):
    for kind in kinds:
        GrantEvent.objects.record(kind, grant, now=clock.now())


def verified(secret, got: Received):
    return Webhook(secret).verify(got.body, got.headers)


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


def seen(receiver):
    bodies = [json.loads(got.body) for got in receiver.received]
    return [(body["data"]["user_name"], body["type"]) for body in bodies]


def test_a_slow_receiver_holds_up_nobody_else(grant, listen, subscribe, deliver):
    """It answers when the other one has got everything, and not a moment earlier."""
    all_arrived = threading.Event()
    slow, quick = listen(), listen()
    slow.on_receipt = lambda got: 204 if all_arrived.wait(9) else 500
    quick.on_receipt = lambda got: len(quick.received) == 9 and all_arrived.set()
    subscribe(slow, "Slow")
    subscribe(quick, "Quick")

    tell(grant, Kind.RENEWAL_ASKED, *[Kind.CONSENT_LOST, Kind.RECOVERED] * 5)
    deliver(seconds=0.1)

    assert len(quick.received) == 10
    row = WebhookDelivery.objects.filter(endpoint__name="Slow").first()
    assert (row.state, row.attempts) == (State.DELIVERED, 1)


def test_who_does_not_answer_in_time_is_cut_off(grant, listen, subscribe, deliver, settings):
    settings.WEBHOOK_TIMEOUT = 1
    subscribe(listen("slow"))
    tell(grant, Kind.LINKED)

    deliver()

    row = WebhookDelivery.objects.get()
    assert (row.state, row.trouble) == (State.WAITING, "TIMED_OUT")


@pytest.mark.parametrize(
    ("answer", "code", "trouble"),
    [(500, 500, ""), (301, 301, ""), (404, 404, ""), ("silent", None, "NO_ANSWER")],
)
def test_what_is_not_taken_is_tried_again(
    grant, listen, subscribe, deliver, travel, answer, code, trouble
):
    receiver = listen(answer, headers={"Location": "http://169.254.169.254/"})
    endpoint = subscribe(receiver)
    tell(grant, Kind.LINKED)

    deliver()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.response_code, row.trouble) == (State.WAITING, code, trouble)
    assert row.next_attempt_at > clock.now() + timedelta(seconds=5)
    endpoint.refresh_from_db()
    assert endpoint.failing_since

    receiver.answer = 200
    travel(timedelta(seconds=20))
    deliver()
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_an_answer_of_ten_gigabytes_is_cut_off_and_counts_as_taken(
    grant, listen, subscribe, deliver
):
    receiver = listen("endless")
    subscribe(receiver)
    tell(grant, Kind.LINKED)

    deliver()

    assert WebhookDelivery.objects.get().state == State.DELIVERED
    assert receiver.written < 100 * 1024**2


def test_nobody_at_the_door_is_no_reason_to_lose_an_event(grant, settings, subscribe, deliver):
    settings.WEBHOOK_LOOPBACK = True
    with listening(Receiver()) as receiver:
        subscribe(receiver)
    tell(grant, Kind.LINKED)

    deliver()

    row = WebhookDelivery.objects.get()
    assert (row.state, row.trouble) == (State.WAITING, "NO_CONNECTION")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "rebound.localhost"])
def test_an_address_that_is_not_public_gets_nothing_whatever_its_name(
    grant, listen, subscribe, deliver, settings, host
):
    """`*.localhost` is a name that libcurl finds at this machine, as a rebound one would be."""
    receiver = listen()
    settings.WEBHOOK_LOOPBACK = False
    subscribe(receiver.url.replace("127.0.0.1", host))
    tell(grant, Kind.LINKED)

    deliver()

    row = WebhookDelivery.objects.get()
    assert (row.state, row.trouble) == (State.WAITING, "NOT_PUBLIC")
    assert receiver.received == []


def test_three_days_of_failures_switch_it_off_with_one_mail(
    grant, listen, subscribe, deliver, travel, settings, mailoutbox
):
    settings.ADMINS = [("Olga", "olga@example.com")]
    endpoint = subscribe(listen(500))
    tell(grant, Kind.LINKED)
    for hours in (0, 1, 30, 42):
        travel(timedelta(hours=hours))
        deliver()

    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.off_reason) == (False, "FAILING")
    assert AuditEvent.objects.get(action="webhook.switched_off").object_label == "CRM"
    for _ in range(2):
        notices.send_all(now=clock.now())
    (mail,) = mailoutbox
    assert mail.to == ["olga@example.com"]
    assert "CRM" in mail.subject

    tell(grant, Kind.CONSENT_LOST)
    assert WebhookDelivery.objects.count() == 1  # nothing is kept for who is off


def test_410_switches_it_off_at_once(grant, listen, subscribe, deliver):
    endpoint = subscribe(listen(410))
    tell(grant, Kind.LINKED)

    deliver()

    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.off_reason) == (False, "GONE")


def test_switched_on_again_it_gets_what_waited(grant, listen, subscribe, deliver):
    receiver = listen(410)
    endpoint = subscribe(receiver)
    tell(grant, Kind.LINKED, Kind.CONSENT_LOST)
    deliver()
    receiver.answer = 200
    endpoint.refresh_from_db()

    webhooks.switch_on(endpoint, now=clock.now())
    deliver()

    assert [what for _who, what in seen(receiver)][-2:] == ["grant.linked", "grant.consent_lost"]


def test_retry_after_is_kept_to(grant, listen, subscribe, deliver, travel):
    receiver = listen(503, headers={"Retry-After": "120"})
    subscribe(receiver)
    tell(grant, Kind.LINKED)
    deliver()
    travel(timedelta(seconds=100))
    deliver()
    assert len(receiver.received) == 1

    travel(timedelta(seconds=30))
    deliver()
    assert len(receiver.received) == 2


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


def test_a_key_that_no_longer_fits_switches_it_off(grant, listen, subscribe, deliver, settings):
    endpoint = subscribe(listen())
    other = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    WebhookEndpoint.objects.update(secret=Ciphertext(other, "WebhookEndpoint.secret"))
    tell(grant, Kind.LINKED)

    deliver()

    endpoint.refresh_from_db()
    assert endpoint.off_reason == "NO_SECRET"


@pytest.mark.parametrize("rotations", [1, 2])
def test_a_new_secret_replaces_one_that_no_key_reads(grant, listen, subscribe, deliver, rotations):
    receiver = listen()
    endpoint = subscribe(receiver)
    other = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    unreadable = Ciphertext(other, "WebhookEndpoint.secret")
    WebhookEndpoint.objects.update(secret=unreadable)
    for _ in range(rotations):
        endpoint = WebhookEndpoint.objects.get()
        new = webhooks.rotate_secret(endpoint, now=clock.now())
    if rotations == 2:  # the one before it, on a host that has got the newest key only
        WebhookEndpoint.objects.update(previous_secret=unreadable)

    tell(grant, Kind.LINKED)
    deliver()

    (got,) = receiver.received
    assert verified(new, got)


def test_an_old_failure_that_was_given_up_switches_nothing_off_at_the_next(
    grant, listen, subscribe, deliver, travel
):
    receiver = listen()
    subscribe(receiver)
    tell(grant, Kind.LINKED)
    deliver()
    receiver.answer = 500
    webhooks.send_again(WebhookDelivery.objects.get(), now=clock.now())
    deliver()
    assert WebhookDelivery.objects.get().state == State.GIVEN_UP

    travel(timedelta(days=5))
    tell(grant, Kind.RECOVERED)
    deliver()

    assert len(receiver.received) == 3
    assert WebhookEndpoint.objects.get().is_enabled


def test_a_clock_that_was_set_back_keeps_no_event_waiting_for_days(
    grant, listen, subscribe, deliver, travel
):
    receiver = listen(500)
    subscribe(receiver)
    travel(timedelta(days=2))
    tell(grant, Kind.LINKED)
    deliver()

    receiver.answer = 200
    travel(timedelta(days=-2))
    deliver()

    assert WebhookDelivery.objects.get().state == State.DELIVERED


def test_after_a_clock_was_set_back_by_hours_what_waits_is_sent_and_operators_are_told(
    grant, listen, subscribe, deliver, travel
):
    receiver = listen()
    subscribe(receiver)
    gone = subscribe(listen(), "Gone", events=[])
    travel(timedelta(hours=3))
    tell(grant, Kind.LINKED)
    gone.switch_off(WebhookEndpoint.Off.GONE, now=clock.now())
    WebhookEndpoint.objects.get(pk=gone.pk).count_attempt(clock.now())  # and nobody took the mail

    travel(timedelta(hours=-3))
    clock_steps.mend(clock.now())
    deliver()

    assert len(receiver.received) == 1
    assert WebhookEndpoint.objects.to_tell(clock.now()).get().off_at <= clock.now()


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
