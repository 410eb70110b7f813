"""What a receiver does not take is tried again for three days; then its webhook is off."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pycurl
import pytest
from cryptography.fernet import Fernet

from integrations import clock
from integrations.fields import Ciphertext
from integrations.models import AuditEvent, GrantEvent, WebhookDelivery, WebhookEndpoint
from integrations.operations import notices, webhooks
from integrations.renewal import clock_steps
from tests.integrations.webhooks.conftest import seen, tell, verified
from tests.webhook_receiver import Receiver, listening

PUBLIC = "192.88.99.1"  # given up by RFC 7526: nobody is there
Kind, State = GrantEvent.Kind, WebhookDelivery.State


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


@pytest.mark.parametrize("answers", [(PUBLIC, "127.0.0.1"), (f"{PUBLIC},127.0.0.1",) * 2])
def test_a_name_that_leads_elsewhere_at_first_and_to_this_machine_then_gets_nothing(
    grant, listen, subscribe, deliver, settings, travel, monkeypatch, answers
):
    """The resolver is the attacker's: each question gets the next of their answers."""
    receiver = listen()
    settings.WEBHOOK_LOOPBACK, settings.WEBHOOK_TIMEOUT = False, 1
    port = urlsplit(receiver.url).port
    asked = iter(answers)

    class Curl(pycurl.Curl):
        def setopt(self, option, value):
            super().setopt(option, value)
            if option == pycurl.URL:
                super().setopt(pycurl.RESOLVE, [f"rebound.example.com:{port}:{next(asked)}"])

    monkeypatch.setattr(pycurl, "Curl", Curl)
    subscribe(f"http://rebound.example.com:{port}/hooks")
    tell(grant, Kind.LINKED)
    troubles = []
    for _ in answers:
        deliver()
        troubles.append(WebhookDelivery.objects.get().trouble)
        travel(timedelta(minutes=1))

    assert troubles[-1] == "NOT_PUBLIC"
    assert (troubles[0] == "NOT_PUBLIC") == ("," in answers[0])
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
        travel(timedelta(days=1))
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

    webhooks.switch_on(endpoint, by=grant.user, now=clock.now())
    deliver()

    assert [what for _who, what in seen(receiver)][-2:] == ["grant.linked", "grant.consent_lost"]


def test_retry_after_is_kept_to(grant, listen, subscribe, deliver, travel):
    receiver = listen(503, headers={"Retry-After": "1200"})
    subscribe(receiver)
    tell(grant, Kind.LINKED)
    deliver()
    travel(timedelta(seconds=1100))
    deliver()
    assert len(receiver.received) == 1

    travel(timedelta(seconds=130))
    deliver()
    assert len(receiver.received) == 2


def test_a_key_that_no_longer_fits_switches_it_off(grant, listen, subscribe, deliver, settings):
    endpoint = subscribe(listen())
    other = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    WebhookEndpoint.objects.update(secret=Ciphertext(other, "WebhookEndpoint.secret"))
    tell(grant, Kind.LINKED)

    deliver()

    endpoint.refresh_from_db()
    assert endpoint.off_reason == "NO_SECRET"


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
