"""E-mails: to users whose consent ended or ends soon, to operators about paused integrations.

What is to be sent is in the database, so a mail server that is down delays notices and loses none.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.core.mail import EmailMultiAlternatives, mail_admins
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations import hostnames
from integrations.models import AppIncident, BrandedURL, Grant, GrantEvent, Heartbeat

logger = logging.getLogger(__name__)

ENDS_SOON = timedelta(days=7)  # before the refresh token dies
AT_ONCE = 200  # notices in one run
PLACE = "notices"  # one run at a time, or a person would get the same mail twice
LONGEST_RUN = timedelta(minutes=15)  # after which the place of a killed run is free again


def send_all(*, now: datetime) -> None:
    if not Heartbeat.objects.take_place([PLACE], now=now, until=now + LONGEST_RUN):
        return
    try:
        _send_all(now)
    finally:
        Heartbeat.objects.beat(PLACE, now=now)


def _send_all(now: datetime) -> None:
    _notice_expiring(now)
    try:
        for event in _due():
            try:
                _tell_user(event)
            except SMTPRecipientsRefused:  # nobody else should wait because of one address
                logger.warning("A notice was refused for its address: grant=%s", event.grant_id)
            GrantEvent.objects.filter(pk=event.pk).update(notice_due=False)
        _tell_admins(now)
    except (OSError, SMTPException) as error:
        logger.warning("Mail is not sent now, the next run tries again: %s", type(error).__name__)


def _notice_expiring(now: datetime) -> None:
    """Once for each refresh token: a token that was renewed since may be noticed again."""
    noticed = GrantEvent.objects.filter(
        grant=OuterRef("pk"), kind=GrantEvent.Kind.EXPIRING, at__gt=OuterRef("refreshed_at")
    )
    ending = Grant.objects.active().filter(
        ~Exists(noticed), refresh_token_expires_at__lte=now + ENDS_SOON, user__is_active=True
    )
    GrantEvent.objects.bulk_create(
        GrantEvent(grant_id=pk, kind=GrantEvent.Kind.EXPIRING, at=now, notice_due=True)
        for pk in ending.values_list("pk", flat=True)[:AT_ONCE]
    )


def _due() -> list[GrantEvent]:
    due = GrantEvent.objects.filter(notice_due=True).order_by("at")
    return list(due.select_related("grant__user", "grant__app")[:AT_ONCE])


def _tell_user(event: GrantEvent) -> None:
    grant = event.grant
    lost = event.kind == GrantEvent.Kind.CONSENT_LOST
    settled = lost and grant.status != Grant.Status.CONSENT_LOST
    if settled or not grant.user.is_active or not grant.user.email:
        return
    brand = BrandedURL.objects.filter(app=grant.app).order_by("hostname").first()
    context = {
        "user": grant.user,
        "grant": grant,
        "brand": brand,
        "is_lost": lost,
        "link": hostnames.origin(brand.hostname) + reverse("webex") if brand else "",
    }
    subject = _("Link your Webex account again") if lost else _("Your Webex link ends soon")
    message = EmailMultiAlternatives(
        subject=f"{brand.title}: {subject}" if brand else subject,
        body=render_to_string("integrations/mail/notice.txt", context),
        to=[grant.user.email],
    )
    message.attach_alternative(
        render_to_string("integrations/mail/notice.html", context), "text/html"
    )
    message.send()


def _tell_admins(now: datetime) -> None:
    """One mail when an incident begins and one when it is over."""
    for incident in AppIncident.objects.filter(announced_at=None).select_related("app"):
        mail_admins(
            _("Webex integration “%(name)s” is paused") % {"name": incident.app.name},
            render_to_string("integrations/mail/incident.txt", {"incident": incident}),
        )
        AppIncident.objects.filter(pk=incident.pk).update(announced_at=now)
    over = AppIncident.objects.filter(ended_at__isnull=False, end_announced_at=None)
    for incident in over.select_related("app"):
        mail_admins(
            _("Webex integration “%(name)s” works again") % {"name": incident.app.name},
            render_to_string("integrations/mail/incident.txt", {"incident": incident}),
        )
        AppIncident.objects.filter(pk=incident.pk).update(end_announced_at=now)
