"""One mail to the user, one to the operators, however often the notices run."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from integrations import clock
from integrations.actions import Action
from integrations.errors import WebexUnavailable
from integrations.linking import disconnection
from integrations.models import AppIncident, AuditEvent, Grant, GrantEvent
from integrations.operations import notices
from integrations.renewal import outcomes
from tests.integrations.renewal.draining import INVALID_GRANT, TOKEN, drained


class BrokenMail(EmailBackend):
    """A mail server that is down."""

    def open(self):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


@pytest.fixture(autouse=True)
def operators(brisk, settings):
    settings.ADMINS = [("Operator", "operator@example.com")]


@pytest.fixture
def one_lost(acme, fill, sandbox):
    grants = fill(acme, 20)
    sandbox.fault(TOKEN, person=grants[4].person_email, **INVALID_GRANT)
    drained(acme)
    return Grant.objects.get(status="CONSENT_LOST")


def run_twice():
    for _ in range(2):
        notices.send_all(now=clock.now())


def test_a_lost_consent_is_one_mail_with_brand_and_link(one_lost):
    run_twice()

    (message,) = mail.outbox
    assert message.to == [one_lost.user.email]
    assert message.subject == "Acme: Link your Webex account again"
    html = message.alternatives[0].content
    for body in (message.body, html):
        assert one_lost.person_email in body
        assert "https://portal-a.example.com/webex/" in body
        assert one_lost.refresh_token not in body


def test_who_linked_again_meanwhile_gets_no_mail(one_lost):
    Grant.objects.filter(pk=one_lost.pk).update(status="ACTIVE")

    run_twice()

    assert mail.outbox == []
    assert not GrantEvent.objects.filter(notice_due=True).exists()


def test_an_expiring_refresh_token_is_one_mail(acme, fill):
    later = clock.now() + timedelta(days=20)
    ending = fill(acme, 1, refresh_token_expires_at=clock.now() + timedelta(days=6))[0]
    fill(acme, 3, refresh_token_expires_at=later)

    run_twice()

    (message,) = mail.outbox
    assert message.to == [ending.user.email]
    assert message.subject == "Acme: Your Webex link ends soon"


def test_each_mail_is_in_the_language_of_its_reader(acme, fill):
    ending = fill(acme, 3, refresh_token_expires_at=clock.now() + timedelta(days=6))
    acme.branded_urls.update(language="de")
    for grant, language in zip(ending, ["en", "de", ""], strict=True):
        type(grant.user).objects.filter(pk=grant.user_id).update(language=language)

    run_twice()

    said = {message.to[0]: message for message in mail.outbox}
    for grant, subject, html in zip(ending, [
        "Acme: Your Webex link ends soon", *["Acme: Ihre Webex-Verknüpfung endet bald"] * 2
    ], ["en", "de", "de"], strict=True):  # fmt: skip
        message = said[grant.user.email]
        assert message.subject == subject
        assert f'<html lang="{html}">' in message.alternatives[0].content


def test_the_next_refresh_token_may_be_noticed_again(acme, fill):
    fill(acme, 1, refresh_token_expires_at=clock.now() + timedelta(days=6))
    run_twice()
    GrantEvent.objects.update(at=clock.now() - timedelta(days=1))
    Grant.objects.update(refreshed_at=clock.now() - timedelta(hours=1))

    run_twice()

    assert len(mail.outbox) == 2


def test_more_than_one_run_can_hold_are_all_told_in_the_end(acme, fill, monkeypatch):
    monkeypatch.setattr(notices, "AT_ONCE", 5)
    fill(acme, 12, refresh_token_expires_at=clock.now() + timedelta(days=6))

    for _ in range(4):
        notices.send_all(now=clock.now())

    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 12


def test_users_without_address_or_who_left_are_passed_over(acme, fill):
    nameless, left, told = fill(acme, 3, refresh_token_expires_at=clock.now() + timedelta(days=6))
    nameless.user.email = ""
    nameless.user.save()
    left.user.is_active = False
    left.user.save()

    run_twice()

    assert [message.to for message in mail.outbox] == [[told.user.email]]


def test_admins_get_one_mail_for_an_incident_and_one_when_it_is_over(acme, fill, sandbox, travel):
    fill(acme, 30)
    sandbox.fault(TOKEN, status=503, times=None)
    for _ in range(3):
        drained(acme)
        run_twice()
        travel(timedelta(hours=1))
    (begun,) = mail.outbox
    assert begun.to == ["operator@example.com"]
    assert "“Acme” fail" in begun.subject
    sandbox.clear_faults()
    drained(acme)

    run_twice()

    assert len(mail.outbox) == 2
    assert "“Acme” work again" in mail.outbox[1].subject


def test_an_operators_mail_says_why_what_to_do_and_where_to_look(acme, link):
    link("alice", acme)
    noted = "token endpoint answered 503 (status 503, ROUTER_1)"
    AppIncident.objects.create(app=acme, reason=noted, began_at=clock.now())

    run_twice()

    (message,) = mail.outbox
    assert "Why: Webex answers with an error of its own (503)." in message.body
    assert "Webex tracking ID: ROUTER_1" in message.body
    assert "Look at status.webex.com." in message.body
    assert "How it stands now: https://admin.example.com/admin/" in message.body
    assert "endpoint" not in message.body


@pytest.mark.parametrize("count", [1, 2, 7])
def test_operators_hear_of_few_users_too_once_no_renewal_succeeded_for_an_hour(
    acme, fill, sandbox, later, count
):
    fill(acme, count)
    sandbox.fault(TOKEN, status=503, times=None)
    drained(acme)
    run_twice()
    assert mail.outbox == []

    later(minutes=61)
    drained(acme)
    run_twice()
    (begun,) = mail.outbox
    assert "“Acme” fail" in begun.subject

    sandbox.clear_faults()
    later(minutes=61)
    drained(acme)
    run_twice()
    assert "“Acme” work again" in mail.outbox[1].subject
    assert len(mail.outbox) == 2


def test_the_next_incident_is_announced_again(acme, link):
    link("alice", acme)
    for _ in range(2):
        AppIncident.objects.create(app=acme, reason="invalid_client", began_at=clock.now())
        run_twice()
        AppIncident.objects.update(ended_at=clock.now())
        run_twice()

    assert len(mail.outbox) == 4


def test_a_mail_server_that_is_down_delays_notices_and_loses_none(one_lost, acme, settings):
    AppIncident.objects.create(app=acme, reason="invalid_client", began_at=clock.now())
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.BrokenMail"
    run_twice()
    assert mail.outbox == []

    settings.EMAIL_BACKEND = working
    run_twice()

    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        [one_lost.user.email, "operator@example.com"]
    )


def test_a_second_run_at_the_same_time_sends_nothing(one_lost, monkeypatch):
    tell = notices._tell

    def and_meanwhile(*args):
        notices.send_all(now=clock.now())
        return tell(*args)

    monkeypatch.setattr(notices, "_tell", and_meanwhile)

    run_twice()

    assert len(mail.outbox) == 1


def test_operators_hear_that_nobody_is_left_whose_renewal_could_end_the_incident(acme, link):
    link("alice", acme)
    outcomes.pause(acme, WebexUnavailable("token endpoint", status=503), now=clock.now())
    run_twice()
    disconnection.end_each(Grant.objects.all(), by=None, reason="", now=clock.now())

    run_twice()

    _began, ended = mail.outbox
    assert ended.subject.endswith("Nobody is linked with the Webex integration “Acme” any more")
    assert "nothing left to renew" in ended.body
    assert "They work again" not in ended.body
    acme.refresh_from_db()
    assert not acme.pause_reason
    assert not AppIncident.objects.filter(ended_at=None).exists()
    (told,) = AuditEvent.objects.filter(action=Action.INTEGRATION_RESUMED)
    assert told.reason == "nobody is linked any more"
