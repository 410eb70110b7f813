"""What an administrator does to an identity provider, and whether it is ready."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from integrations.actions import Action
from integrations.errors import ProviderMisconfigured, ProviderUnavailable, UndecryptableValue
from integrations.models import AuditEvent, Identity, IdentityProvider, SignInRule
from integrations.models.webex_app import fingerprint
from integrations.openid import discovery
from integrations.operations.check import Check, Level
from integrations.plain_text import grouped, isolated
from integrations.single_sign_on import doors, words
from integrations.webex.http import Deadline


@dataclass(frozen=True)
class Address:
    """Where people come back to; the provider must have it letter by letter."""

    hostname: str
    redirect_uri: str
    signed_out_uri: str
    last_return_at: datetime | None


def save(
    provider: IdentityProvider,
    *,
    changed: set[str],
    secret: str = "",
    roles: list[tuple[str, Group]] | None = None,
    now: datetime,
) -> None:
    """`roles`: who is in which group there, and the role here; None leaves them as they are."""
    if secret:
        provider.client_secret, provider.client_secret_set_at = secret, now
        provider.client_secret_fingerprint = fingerprint(secret)
        changed = changed | {"client_secret"}
    is_new = provider.pk is None
    with transaction.atomic():
        provider.save()
        if roles is not None:
            provider.mapped_groups.all().delete()
            for theirs, ours in dict.fromkeys(roles):
                provider.mapped_groups.create(theirs=theirs, ours=ours)
        if changed or is_new:
            action = Action.PROVIDER_ADDED if is_new else Action.PROVIDER_CHANGED
            AuditEvent.objects.record(action, provider, changed=changed, now=now)
        if secret:
            AuditEvent.objects.record(
                Action.SECRET_SET, provider, changed=["client_secret"], now=now
            )


def delete(provider: IdentityProvider, *, now: datetime) -> None:
    """Only one that nobody is linked with and no hostname uses."""
    with transaction.atomic():
        AuditEvent.objects.record(Action.PROVIDER_DELETED, provider, now=now)
        provider.delete()


def link(identity: Identity, *, now: datetime) -> None:
    """An administrator says which user somebody at the provider is."""
    identity.created_at = now
    with transaction.atomic():
        identity.save()
        reason = identity.provider.name
        AuditEvent.objects.record(Action.IDENTITY_LINKED, identity.user, reason=reason, now=now)


def unlink(identity: Identity, *, by: User, now: datetime) -> None:
    """Whoever it was signs in anew; not `by`, who is just doing this."""
    with transaction.atomic():
        if identity.user != by:
            Session.objects.filter(owner__user=identity.user).delete()
        reason = identity.provider.name
        AuditEvent.objects.record(Action.IDENTITY_UNLINKED, identity.user, reason=reason, now=now)
        identity.delete()


def note_trouble(provider: IdentityProvider, reason: str, *, now: datetime) -> None:
    """Why nobody gets in, on the provider's page; once a minute, whoever tries how often."""
    lately = AuditEvent.objects.of(provider).filter(at__gt=now - timedelta(minutes=1))
    if not lately.filter(action=Action.SIGN_IN_FAILED).exists():
        failed = AuditEvent.Result.FAILED
        AuditEvent.objects.record(
            Action.SIGN_IN_FAILED, provider, result=failed, reason=reason, now=now
        )


def addresses(provider: IdentityProvider) -> list[Address]:
    served = provider.branded_urls.exclude(sign_in_rule=SignInRule.PASSWORD).order_by("hostname")
    found = [(each.hostname, each.last_sign_in_at) for each in served.defer("logo")]
    if provider.portal_rule != SignInRule.PASSWORD:
        found += [(host, provider.last_return_at) for host in settings.PORTAL_HOSTS]
    return [_address(*each) for each in found]


def _address(hostname: str, last_return_at: datetime | None) -> Address:
    uris = doors.redirect_uri_at(hostname), doors.signed_out_uri_at(hostname)
    return Address(hostname, *uris, last_return_at)


def ask(provider: IdentityProvider) -> Check:
    """What it says of itself now, and its keys. Takes up to SSO_TIMEOUT seconds."""
    deadline = Deadline(settings.SSO_TIMEOUT)
    try:
        metadata = discovery.discover(provider.issuer, deadline, anew=True)
        keys = discovery.signing_keys(metadata, deadline, anew=True)
    except ProviderUnavailable as error:
        step = _("Check the issuer, and that this server may reach it.")
        return Check("discovery", Level.BLOCKS, words.no_answer(error.reason), step)
    except ProviderMisconfigured as error:
        other = _("It refuses to say what it is (%(reason)s). Check the issuer.")
        step = words.unusable(error.reason, other)
        return Check("discovery", Level.BLOCKS, _("Its answer cannot be used."), step)
    sentence = _("It answers; signing keys: %(n)d.") % {"n": len(keys.keys)}
    return Check("discovery", Level.FINE, sentence)


def readiness(provider: IdentityProvider) -> list[Check]:
    """Facts only; `ask` asks the provider."""
    return [*_secret(provider), *_where(provider), *_shut_out(provider), *_switched(provider)]


def _secret(provider: IdentityProvider) -> list[Check]:
    if not provider.client_secret_set_at:
        step = _("Register this portal at the provider, and paste the secret it shows.")
        return [Check("secret", Level.BLOCKS, _("The client secret is missing."), step)]
    if not _is_readable(provider):
        step = _("Enter it anew.")
        return [Check("secret", Level.BLOCKS, _("The client secret cannot be read."), step)]
    return [Check("secret", Level.FINE, _("The client secret is set."))]


def _is_readable(provider: IdentityProvider) -> bool:
    try:
        return bool(provider.client_secret)
    except UndecryptableValue:
        return False


def _where(provider: IdentityProvider) -> list[Check]:
    served = addresses(provider)
    if not served:
        step = _("Choose it at a branded URL, or let it serve the portal's own hosts.")
        return [Check("hostnames", Level.ASKS, _("Nobody signs in through it yet."), step)]
    unproven = [each.hostname for each in served if each.last_return_at is None]
    if unproven:
        sentence = _("Nobody has come back to %(hostname)s yet.")
        step = _("Register its redirect URI at the provider, then sign in there once.")
        named = {"hostname": isolated(", ".join(unproven[:3]))}
        return [Check("return", Level.ASKS, sentence % named, step)]
    return [Check("return", Level.FINE, _("People have come back to every hostname."))]


def _shut_out(provider: IdentityProvider) -> list[Check]:
    """Nobody mightier comes through a brand's provider, so its first brand shuts them out."""
    if provider.portal_rule == SignInRule.PASSWORD or not provider.branded_urls.exists():
        return []
    staff = provider.identities.filter(user__is_staff=True, user__is_superuser=False)
    mightier = staff.filter(user__limited_administrator=None).count()
    if not mightier:
        return []
    sentence = ngettext(
        "%s person administers more than its brands, and cannot use it at the portal's own hosts.",
        "%s people administer more than its brands, and cannot use it at the portal's own hosts.",
        mightier,
    )
    step = _("Limit them to its branded URLs, or let another one serve the portal's own hosts.")
    return [Check("mightier", Level.ASKS, sentence % grouped(mightier), step)]


def _switched(provider: IdentityProvider) -> list[Check]:
    if provider.is_enabled:
        return []
    step = _("Enable it once the rest is done.")
    return [Check("enabled", Level.ASKS, _("It is switched off: nobody signs in."), step)]
