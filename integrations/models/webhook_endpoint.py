"""Where another system wants to hear of events, of which, and whether it listens."""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from integrations import hostnames, plain_text, public_address, signatures
from integrations.errors import UndecryptableValue
from integrations.fields import EncryptedTextField
from integrations.models.branded_url import BrandedURL
from integrations.models.limited_administrator import limits_of
from integrations.models.notice import Notice, NoticeQuerySet

if TYPE_CHECKING:
    from accounts.models import User

BOTH_SECRETS_FOR = timedelta(days=1)
FAILS_FOR = timedelta(days=3)  # then it is switched off
SHORTEST_REST, LONGEST_REST = timedelta(seconds=2), timedelta(minutes=5)


def validate_url(text: str) -> None:
    """What a name leads to is judged when it is called. Raises ValidationError."""
    try:
        url = urlsplit(text)
        host, _port = url.hostname or "", url.port
    except ValueError:
        raise ValidationError(_("This is not a URL.")) from None
    loopback = settings.WEBHOOK_LOOPBACK and host in ("localhost", "127.0.0.1", "::1")
    if not re.fullmatch(r"[!-~]+", text) or not host:
        raise ValidationError(_("Enter a URL such as https://hooks.example.com/webex."))
    if url.scheme != "https" and not (loopback and url.scheme == "http"):
        raise ValidationError(_("It must begin with https://."))
    if url.username is not None or url.fragment:
        raise ValidationError(_("Leave out user, password and #: events are signed instead."))
    if not loopback and (hostnames.is_local(host) or not _may_be_public(host)):
        raise ValidationError(_("This address is not of the Internet, and would get nothing."))


def _may_be_public(host: str) -> bool:
    try:
        return public_address.is_public(host)
    except ValueError:
        return "." in host and not hostnames.NUMBER.fullmatch(host.rpartition(".")[2])


class WebhookEndpointQuerySet(NoticeQuerySet):
    def untold(self) -> Self:
        """Switched off by itself, and operators do not know yet."""
        return self.filter(notice_due=True)

    def listening(self, now: datetime) -> Self:
        is_ready = Q(rests_until=None) | Q(rests_until__lte=now)
        # A rest is never this long: the clock was ahead when it began.
        is_ready |= Q(rests_until__gt=now + LONGEST_REST)
        return self.filter(is_ready, is_enabled=True)

    def with_limits(self) -> Self:
        """Of who set them up, in one more query for all of them."""
        maker = "set_up_by__limited_administrator"
        brands = BrandedURL.objects.only("hostname")
        return self.select_related(maker).prefetch_related(
            Prefetch(f"{maker}__hostnames", brands, to_attr="brands")
        )

    def forget_replaced_secrets(self, now: datetime) -> None:
        over = self.filter(previous_secret_until__lte=now, previous_secret__isnull=False)
        over.update(previous_secret=None, previous_secret_until=None)


class WebhookEndpoint(Notice):
    class Off(models.TextChoices):
        FAILING = "FAILING", _("It did not take anything for three days.")
        GONE = "GONE", _("It answered 410: nobody listens there any more.")
        NO_SECRET = "NO_SECRET", _("Its secret cannot be read any more. Make a new one.")
        NO_REACH = (
            "NO_REACH",
            _(
                "Who set it up administered nothing that it could hear of. Whoever switches it on "
                "answers for it from then on; without hostnames it hears of all."
            ),
        )

    name = models.CharField(
        _("name"), max_length=100, unique=True, validators=[plain_text.validate_visible]
    )
    url = models.CharField(
        _("URL"),
        max_length=500,
        help_text=_("https only, at an address of the Internet."),
        validators=[validate_url],
    )
    events = models.JSONField(_("events"), default=list)  # names of EventType
    # Empty: of all. Numbers and names, not references: a limit must outlive what it names.
    app_ids = models.JSONField(_("only of integrations"), default=list, blank=True)
    hostnames = models.JSONField(_("only of hostnames"), default=list, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    secret = EncryptedTextField(null=True, editable=False)
    previous_secret = EncryptedTextField(null=True, editable=False)  # signs too, until then
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    # Who last chose its URL or its hostnames, or switched it on: it hears of nothing beyond what
    # they administer.
    set_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("set up by"),
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    off_reason = models.CharField(max_length=10, choices=Off, blank=True, editable=False)
    off_at = models.DateTimeField(null=True, editable=False)
    notice_due = models.BooleanField(default=False, editable=False)  # an e-mail to operators

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.CheckConstraint(
                name="an_enabled_webhook_has_a_secret",
                condition=Q(is_enabled=False) | Q(secret__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return plain_text.isolated(self.name)

    @property
    def audit_label(self) -> str:
        return self.name

    def wants(self, event_type: str, *, app_id: int | None, hostname: str | None) -> bool:
        """Who is limited hears nothing of what belongs to no hostname, or to no integration."""
        return (
            event_type in self.events
            and (not self.app_ids or app_id in self.app_ids)
            and (not self.hostnames or hostname in self.hostnames)
            and ((limits := limits_of(self.set_up_by)) is None or hostname in limits.hostnames)
        )

    @property
    def beyond_reach(self) -> list[str]:
        """Of its hostnames, those that whoever set it up does not administer."""
        limits = limits_of(self.set_up_by)
        return [] if limits is None else sorted({*self.hostnames} - limits.hostnames)

    def replace_secret(self, now: datetime) -> str:
        """Returns the new one, which nobody can read later."""
        try:
            self.previous_secret = self.secret
        except UndecryptableValue:
            self.previous_secret = None  # perhaps that is why it is replaced
        self.secret = signatures.new_secret()
        self.previous_secret_until = now + BOTH_SECRETS_FOR if self.previous_secret else None
        return str(self.secret)

    def secrets(self, now: datetime) -> list[str]:
        """The newest first. Raises UndecryptableValue where that one cannot be read."""
        kept = [self.secret]
        if self.previous_secret_until is not None and now < self.previous_secret_until:
            with suppress(UndecryptableValue):  # its day is over earlier
                kept.append(self.previous_secret)
        return [secret for secret in kept if secret]

    def note_success(self) -> None:
        """If a call failed since this was read, it will be tried again, and says so then."""
        if self.failing_since:
            self.forget_failures()

    def note_failure(self, *, now: datetime, wait: timedelta = timedelta(0)) -> None:
        """It rests a quarter of the time that it has been failing for, or as long as it asked."""
        since = self.failing_since or now
        rest = min(max((now - since) / 4, SHORTEST_REST, wait), LONGEST_REST)
        self._write(failing_since=Coalesce("failing_since", now), rests_until=now + rest)

    def forget_failures(self) -> None:
        """It took something, or all that it did not take was given up."""
        self._write(failing_since=None, rests_until=None)

    def has_failed_long(self, now: datetime) -> bool:
        return self.failing_since is not None and now - self.failing_since >= FAILS_FOR

    def switch_off(self, why: "WebhookEndpoint.Off", *, now: datetime) -> bool:
        """False where it is off already."""
        told = {"notice_due": True, "notice_attempts": 0, "notice_after": None}
        return self._write(is_enabled=False, off_reason=why, off_at=now, **told)

    def switch_on(self, by: "User | None") -> list[str]:
        """As new: the three days begin again, and `by` answers for it. Returns the names of what
        changed.
        """
        as_new: dict[str, object] = {"is_enabled": True, "off_reason": "", "off_at": None}
        as_new |= {"failing_since": None, "rests_until": None, "notice_due": False, "set_up_by": by}
        for name, value in as_new.items():
            setattr(self, name, value)
        return list(as_new)

    def mark_told(self, now: datetime) -> None:
        WebhookEndpoint.objects.filter(pk=self.pk).update(notice_due=False)

    def _write(self, **columns: object) -> bool:
        """Only while it is on: somebody may have switched it off during a call."""
        return WebhookEndpoint.objects.filter(pk=self.pk, is_enabled=True).update(**columns) == 1
