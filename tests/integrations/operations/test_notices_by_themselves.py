"""A notice that cannot be sent holds up nobody else, and operators are told first."""

import smtplib
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from integrations import clock
from integrations.models import AppIncident, BrandedURL, GrantEvent, WebexApp
from integrations.models.notice import MOST_ATTEMPTS
from integrations.operations import notices
from tests.sharing_out import slow

OPERATOR = "operator@example.com"


class Server(EmailBackend):
    """A mail server whose answers to each address can be chosen."""

    answers: dict[str, Exception] = {}
    is_down = False

    def open(self):
        if self.is_down:
            raise ConnectionRefusedError
        return True

    def send_messages(self, messages):
        (address,) = messages[0].to
        messages[0].message()  # as the real one does: a header may make no mail
        if error := self.answers.get(address):
            raise error
        return super().send_messages(messages)


def refused(code):
    return smtplib.SMTPRecipientsRefused({"somebody": (code, b"no")})


@pytest.fixture
def server(brisk, settings, monkeypatch):
    settings.ADMINS = [("Operator", OPERATOR)]
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    monkeypatch.setattr(Server, "answers", {})
    monkeypatch.setattr(Server, "is_down", False)
    return Server


@pytest.fixture
def ending(acme, fill):
    """Users whose link ends soon."""
    return lambda count: [
        grant.user.email
        for grant in fill(acme, count, refresh_token_expires_at=clock.now() + timedelta(days=6))
    ]


def run():
    notices.send_all(now=clock.now())


def told():
    return [message.to[0] for message in mail.outbox]


def given_up(caplog):
    return [record.levelname for record in caplog.records if "given up" in record.getMessage()]


@pytest.mark.parametrize(
    "error",
    [
        refused(550),
        smtplib.SMTPDataError(554, b"rejected"),
        smtplib.SMTPNotSupportedError("SMTPUTF8"),
        ValueError("Invalid address"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("others", [1, *slow(0, 2)])
def test_what_will_never_be_taken_is_given_up_at_once(server, ending, caplog, error, others):
    bad, *good = ending(1 + others)
    server.answers[bad] = error

    run()
    run()

    assert told() == good
    assert given_up(caplog) == ["WARNING"]
    assert bad not in caplog.text
    assert not GrantEvent.objects.untold().exists()


@pytest.mark.parametrize(
    "error",
    [
        refused(450),
        smtplib.SMTPDataError(451, b"later"),
        smtplib.SMTPSenderRefused(550, b"who are you?", "portal@localhost"),
        smtplib.SMTPAuthenticationError(535, b"no"),
        smtplib.SMTPServerDisconnected("in the middle"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_what_may_be_taken_later_is_tried_again_with_growing_pauses(server, ending, travel, error):
    bad, good = ending(2)
    server.answers[bad] = error
    pauses = []
    for _ in range(4):
        run()
        event = GrantEvent.objects.untold().get()
        pauses.append(event.notice_after - clock.now())
        travel(pauses[-1])
    assert told() == [good]
    assert all(1.9 < later / sooner < 2.1 for sooner, later in pairwise(pauses))

    server.answers.clear()
    run()
    run()

    assert told() == [good, bad]


def test_nothing_is_tried_before_its_pause_is_over(server, ending):
    (bad,) = ending(1)
    server.answers[bad] = refused(450)
    run()
    server.answers.clear()

    run()

    assert told() == []
    assert GrantEvent.objects.get().notice_attempts == 1


def test_attempts_end_some_day(server, ending, travel, caplog):
    (bad,) = ending(1)
    server.answers[bad] = refused(450)

    for _ in range(MOST_ATTEMPTS):
        run()
        travel(timedelta(hours=6))

    assert given_up(caplog) == ["WARNING"]
    assert not GrantEvent.objects.untold().exists()


def test_a_server_that_is_down_costs_no_attempt(server, ending):
    server.is_down = True
    ending(2)
    run()
    assert not GrantEvent.objects.filter(notice_attempts__gt=0).exists()

    server.is_down = False
    run()

    assert len(told()) == 2


def test_a_server_that_always_hangs_up_is_asked_three_times_in_a_run(server, ending):
    addresses = ending(5)
    server.answers |= dict.fromkeys(addresses, smtplib.SMTPServerDisconnected("bye"))

    run()
    assert GrantEvent.objects.filter(notice_attempts=1).count() == 3

    server.answers.clear()
    run()
    assert told() == addresses[3:]


def test_what_ends_a_run_does_not_end_the_next_at_the_same_notice(server, ending):
    bad, good = ending(2)
    server.answers[bad] = RuntimeError("a fault of ours")
    with pytest.raises(RuntimeError):
        run()

    run()

    assert told() == [good]


def test_operators_are_told_first_and_whatever_becomes_of_the_others(server, acme, ending, caplog):
    bad, good = ending(2)
    server.answers[bad] = refused(450)
    AppIncident.objects.create(app=acme, reason="invalid_client", began_at=clock.now())

    run()

    assert told() == [OPERATOR, good]


def test_one_faulty_operators_address_leaves_the_others_told(server, acme, settings):
    settings.ADMINS = [("Typo", "typo@@example"), ("Operator", OPERATOR)]
    server.answers["typo@@example"] = ValueError("Invalid address")
    AppIncident.objects.create(app=acme, reason="invalid_client", began_at=clock.now())

    run()
    run()

    assert told() == [OPERATOR]


def test_an_incident_nobody_could_be_told_of_is_an_error_in_the_log(server, acme, caplog):
    server.answers[OPERATOR] = refused(550)
    AppIncident.objects.create(app=acme, reason="invalid_client", began_at=clock.now())

    run()

    assert given_up(caplog) == ["ERROR"]


def test_an_incident_that_is_over_before_it_could_be_told_is_one_mail(server, acme):
    now = clock.now()
    AppIncident.objects.create(app=acme, reason="503", began_at=now, ended_at=now)

    run()
    run()

    (message,) = mail.outbox
    assert "work again" in message.subject
    assert "Nothing is to be done" in message.body


def test_the_end_of_an_incident_has_attempts_of_its_own(server, acme, link, travel):
    link("alice", acme)
    server.answers[OPERATOR] = refused(450)
    incident = AppIncident.objects.create(app=acme, reason="503", began_at=clock.now())
    run()
    travel(timedelta(minutes=3))
    server.answers.clear()
    run()
    AppIncident.objects.filter(pk=incident.pk).update(ended_at=clock.now())

    run()

    assert len(told()) == 2


NASTY = "Ac\r\nBcc: eve@evil.example\u202e\x1b[31mme"


def test_a_name_with_line_breaks_and_controls_is_sent_on_one_line(server, acme, ending):
    WebexApp.objects.filter(pk=acme.pk).update(name=NASTY)
    BrandedURL.objects.filter(app=acme).update(brand_name=NASTY)
    AppIncident.objects.create(app=acme, reason="a\nb", began_at=clock.now())
    ending(1)

    run()

    assert len(mail.outbox) == 2
    for message in mail.outbox:
        assert "Ac Bcc: eve@evil.example [31mme" in message.subject
    assert all(message.message()["Bcc"] is None for message in mail.outbox)


def test_an_address_that_makes_no_mail_is_given_up(server, acme, fill, caplog):
    bad, good = fill(acme, 2, refresh_token_expires_at=clock.now() + timedelta(days=6))
    bad.user.email = "a\nb@example.com"
    bad.user.save()

    run()

    assert told() == [good.user.email]
    assert given_up(caplog) == ["WARNING"]
