"""E-mails: to operators about paused integrations and webhooks that are off, to users whose
consent ended or ends soon.

What is to be sent is in the database, so a mail server that is down delays notices and loses none.
Each notice is tried by itself: one that cannot be sent holds up nobody else.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from smtplib import (
    SMTPAuthenticationError,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, OuterRef

from integrations import counting
from integrations.errors import WebexUnavailable
from integrations.models import AppIncident, Grant, GrantEvent, Lease, WebhookEndpoint
from integrations.operations import health, mails
from integrations.operations.check import Level
from integrations.renewal import outcomes

logger = logging.getLogger(__name__)

ENDS_SOON = timedelta(days=7)  # before the refresh token dies
AT_ONCE = 200  # notices in one run
LEASE = "notices"  # one run at a time, or a person would get the same mail twice
LONGEST_RUN = timedelta(minutes=15)  # after which a killed run holds up nobody
LOST_IN_A_ROW = 3  # connections lost in the middle of a mail: the trouble is not the mail's


class Outcome(StrEnum):
    SENT = "sent"
    LATER = "not now"  # a 4xx answer, or one about us and not about this mail
    REFUSED = "refused"  # a 5xx answer, or no mail at all: it will never be taken
    LOST = "connection lost"


def send_all(*, now: datetime) -> None:
    until = now + LONGEST_RUN
    if not Lease.objects.take([LEASE], now=now, until=until):
        return
    try:
        _notice_expiring(now)
        _notice_stalled(now)
        _end_without_users(now)
        _send_each(now)
    finally:
        Lease.objects.release(LEASE, until=until, now=now)


def _notice_expiring(now: datetime) -> None:
    """Once for each refresh token: a token that was renewed since may be noticed again."""
    noticed = GrantEvent.objects.filter(
        grant=OuterRef("pk"), kind=GrantEvent.Kind.EXPIRING, at__gt=OuterRef("refreshed_at")
    )
    ending = Grant.objects.renewable().filter(
        ~Exists(noticed), refresh_token_expires_at__lte=now + ENDS_SOON, user__is_active=True
    )
    with transaction.atomic():  # locked, or it might be told after that they were disconnected
        locked = ending.select_for_update(of=("self",)).select_related("user", "app")
        soonest = locked.order_by("refresh_token_expires_at", "pk")[:AT_ONCE]
        GrantEvent.objects.record_each(GrantEvent.Kind.EXPIRING, soonest, notice_due=True, now=now)


def _notice_stalled(now: datetime) -> None:
    """Of so few grants that their failures pause nothing, operators hear all the same."""
    for app, ready in health.check_enabled(now):
        for check in ready.trouble:
            if check.code == "failing" and check.level is Level.BLOCKS:
                noted = ready.renewals.fresh_error
                error = WebexUnavailable(noted, tracking_id=check.tracking_id)
                outcomes.begin_incident(app, error, now=check.since or now)


def _end_without_users(now: datetime) -> None:
    """Where the last linked user has gone no renewal will ever end it."""
    idle = AppIncident.objects.without_users().select_related("app")
    for incident in idle.filter(ended_at=None):
        outcomes.resume(incident.app)
        outcomes.end_incident(incident.app, reason=outcomes.NOBODY_LINKED, now=now)


Due = AppIncident | WebhookEndpoint | GrantEvent


def _due(now: datetime) -> Iterator[Due]:
    """Operators first."""
    incidents = AppIncident.objects.to_tell(now).order_by("began_at", "pk")
    yield from incidents.select_related("app")[:AT_ONCE]
    yield from WebhookEndpoint.objects.to_tell(now).order_by("off_at", "pk")[:AT_ONCE]
    events = GrantEvent.objects.to_tell(now).order_by("at", "pk")
    yield from events.select_related("grant__user", "grant__app")[:AT_ONCE]


def _send_each(now: datetime) -> None:
    lost_in_a_row = 0
    for notice in _due(now):
        try:
            with get_connection() as connection:
                outcome = _tell(notice, connection, now)
        except OSError as error:
            logger.warning("Mail is not sent now, the next run tries: %s", type(error).__name__)
            return
        lost_in_a_row = lost_in_a_row + 1 if outcome is Outcome.LOST else 0
        if lost_in_a_row == LOST_IN_A_ROW:
            logger.warning("Mail is not sent now: the server hangs up, the next run tries")
            return


def _tell(notice: Due, connection: BaseEmailBackend, now: datetime) -> Outcome | None:
    if not notice.count_attempt(now):
        return None
    if isinstance(notice, GrantEvent):
        messages, level = mails.to_user(notice), logging.WARNING
    else:
        messages, level = mails.to_operators(notice), logging.ERROR
    outcomes = [_send(message, connection) for message in messages] or [Outcome.SENT]
    outcome = next(each for each in Outcome if each in outcomes)
    counting.count("webex_mails", outcome=outcome.name.lower())
    if outcome in (Outcome.LATER, Outcome.LOST) and not notice.is_last_attempt:
        return outcome
    notice.mark_told(now)
    if outcome is not Outcome.SENT:
        facts = (type(notice).__name__, notice.pk, outcome, notice.notice_attempts)
        logger.log(level, "Notice given up: %s=%s %s, attempts=%d", *facts)
    return outcome


def _send(message: EmailMessage, connection: BaseEmailBackend) -> Outcome:
    try:
        connection.send_messages([message])
    except (ValueError, SMTPNotSupportedError):  # an address or a header that makes no mail
        return Outcome.REFUSED
    except (SMTPAuthenticationError, SMTPSenderRefused):  # it says nothing about this mail
        return Outcome.LATER
    except SMTPRecipientsRefused as error:
        return _outcome_of(*(code for code, _text in error.recipients.values()))
    except SMTPResponseException as error:
        return _outcome_of(error.smtp_code)
    except OSError:
        return Outcome.LOST
    return Outcome.SENT


def _outcome_of(*codes: int) -> Outcome:
    """RFC 5321 section 4.2.1: 5yz is for good, 4yz for now."""
    return Outcome.REFUSED if all(code >= 500 for code in codes) else Outcome.LATER
