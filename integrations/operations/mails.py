"""What the mails say, and in whose name: that of the hostname where the grant was linked."""

from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import languages
from integrations import colors, hostnames
from integrations.actions import Action
from integrations.models import (
    AppIncident,
    AuditEvent,
    BrandedURL,
    Grant,
    GrantEvent,
    WebhookEndpoint,
)
from integrations.operations.causes import Cause
from integrations.plain_text import one_line
from integrations.renewal import outcomes


def brand_of(grant: Grant) -> BrandedURL | None:
    """None where the words must be neutral: nobody knows the hostname, or it serves others now.

    Grants linked before hostnames were remembered have their integration's only one, if it had
    only one then.
    """
    hostname = grant.hostname or grant.app.hostname_of_older_grants
    return BrandedURL.objects.defer("logo").filter(app=grant.app, hostname=hostname).first()


def to_user(event: GrantEvent) -> list[EmailMessage]:
    """None where there is nothing (left) to tell, or nobody. In their language."""
    user = event.grant.user
    if _is_settled(event) or not user.email or not user.has_perm("integrations.use_webex"):
        return []
    brand = brand_of(event.grant)
    with translation.override(
        languages.first_offered(user.language, brand.language if brand else "")
    ):
        return [_notice(event, brand)]


def _notice(event: GrantEvent, brand: BrandedURL | None) -> EmailMessage:
    grant, user = event.grant, event.grant.user
    is_lost = event.kind == GrantEvent.Kind.CONSENT_LOST
    name = one_line(brand.title) if brand else ""
    accent = brand.accent_color if brand else BrandedURL().accent_color
    context = {
        "user_name": one_line(user.display_name),
        "webex_email": one_line(grant.person_email),
        "ends_at": grant.refresh_token_expires_at,
        "brand_name": name,
        "accent": accent,
        "on_accent": colors.readable_on(accent),
        "is_lost": is_lost,
        "link": hostnames.origin(brand.hostname) + reverse("webex") if brand else "",
    }
    subject = _("Link your Webex account again") if is_lost else _("Your Webex link ends soon")
    message = EmailMultiAlternatives(
        subject=f"{name}: {subject}" if name else subject,
        body=render_to_string("integrations/mail/notice.txt", context),
        from_email=_sender(name),
        to=[user.email],
    )
    html = render_to_string("integrations/mail/notice.html", context)
    message.attach_alternative(html, "text/html")
    return message


def _is_settled(event: GrantEvent) -> bool:
    """Linked again, disconnected or renewed since."""
    grant = event.grant
    if event.kind == GrantEvent.Kind.CONSENT_LOST:
        return grant.status != Grant.Status.CONSENT_LOST
    is_renewed = grant.refreshed_at is not None and grant.refreshed_at > event.at
    return grant.status != Grant.Status.ACTIVE or is_renewed


def _sender(brand_name: str) -> str:
    """The operator's one address, under the name that its reader knows."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((brand_name, address)) if brand_name else settings.DEFAULT_FROM_EMAIL


def to_operators(about: AppIncident | WebhookEndpoint) -> list[EmailMessage]:
    """One to each, so that an address with a fault in it keeps no colleague from knowing."""
    subject, body = _off(about) if isinstance(about, WebhookEndpoint) else _incident(about)
    return [
        EmailMessage(
            subject=settings.EMAIL_SUBJECT_PREFIX + subject,
            body=body,
            from_email=settings.SERVER_EMAIL,
            to=[address],
        )
        for _operator, address in settings.ADMINS
    ]


def _incident(incident: AppIncident) -> tuple[str, str]:
    name = one_line(incident.app.name)
    subject = _("Renewals of the Webex integration “%(name)s” fail")
    ended = AuditEvent.objects.of(incident.app).filter(action=Action.INTEGRATION_RESUMED)
    ended = ended.filter(reason=outcomes.NOBODY_LINKED)
    is_idle = bool(incident.ended_at and ended.filter(at=incident.ended_at).exists())
    if incident.ended_at:
        subject = _("Renewals of the Webex integration “%(name)s” work again")
    if is_idle:
        subject = _("Nobody is linked with the Webex integration “%(name)s” any more")
    context: dict[str, Any] = {
        "name": name,
        "cause": Cause.of(one_line(incident.reason)),
        "overview": hostnames.origin(settings.PORTAL_HOSTS[0]) + reverse("admin:index"),
        "began_at": incident.began_at,
        "ended_at": incident.ended_at,
        "is_idle": is_idle,
    }
    return subject % {"name": name}, render_to_string("integrations/mail/incident.txt", context)


def _off(endpoint: WebhookEndpoint) -> tuple[str, str]:
    name = one_line(endpoint.name)
    context = {
        "name": name,
        "url": one_line(endpoint.url),
        "reason": endpoint.get_off_reason_display(),
        "off_at": endpoint.off_at,
        "waiting": endpoint.deliveries.waiting().count(),
    }
    subject = _("Webhook “%(name)s” is switched off") % {"name": name}
    return subject, render_to_string("integrations/mail/webhook_off.txt", context)
