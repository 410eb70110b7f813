"""A Webex integration: one OAuth client registered at developer.webex.com."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from integrations import credentials, plain_text
from integrations.authorization_url import Pasted, parse, unwrapped
from integrations.errors import (
    InvalidAuthorizationURL,
    InvalidCredential,
    UndecryptableValue,
)
from integrations.fields import EncryptedTextField
from integrations.models.kept_brands import KeptModel, KeptQuerySet

PREVIOUS_ACCEPTED = "previous"  # the answer of Webex: not this client secret, the one before it


def fingerprint(secret: str) -> str:
    """Tells two secrets apart, for who already has one; keyed, so that nobody can try guesses."""
    return salted_hmac("integrations.client_secret", secret, algorithm="sha256").hexdigest()[:8]


class WebexApp(KeptModel):
    name = models.CharField(
        _("name"), max_length=100, unique=True, validators=[plain_text.validate_visible]
    )
    is_enabled = models.BooleanField(
        _("enabled"),
        default=False,
        help_text=_("While it is on, users can link their Webex account, and tokens are renewed."),
    )
    client_id = models.CharField(_("client ID"), max_length=200, blank=True)
    client_secret = EncryptedTextField(_("client secret"), null=True, blank=True)
    client_secret_set_at = models.DateTimeField(_("client secret set"), null=True, editable=False)
    client_secret_fingerprint = models.CharField(max_length=8, blank=True, editable=False)
    # During a change, the one before it: until nobody has needed it for two weeks.
    previous_client_secret = EncryptedTextField(
        _("previous client secret"), null=True, editable=False
    )
    previous_client_secret_fingerprint = models.CharField(max_length=8, null=True, editable=False)
    previous_client_secret_used_at = models.DateTimeField(null=True, editable=False)
    authorization_url = models.TextField(
        _("OAuth Authorization URL"),
        blank=True,
        help_text=_("As shown on the integration's page at developer.webex.com."),
    )
    authorization_url_pasted_at = models.DateTimeField(
        _("authorization URL pasted"), null=True, editable=False
    )
    default_provisioning_id = models.CharField(
        _("default provisioning ID"),
        max_length=200,
        blank=True,
        help_text=_("BroadWorks only; optional."),
    )
    device_linking_enabled = models.BooleanField(
        _("link with another device"),
        default=False,
        help_text=_(
            "Users can link by QR code from their phone. Leave it off unless they need it: whoever "
            "shows such a code to somebody else can talk them into linking the wrong account, and "
            "no check of ours can see that. It also needs the four helper URIs of Webex among the "
            "redirect URIs."
        ),
    )
    client_answer = models.CharField(  # of Webex, to client ID and secret alone
        max_length=20, blank=True, editable=False
    )
    client_asked_at = models.DateTimeField(null=True, editable=False)
    refresh_paused_until = models.DateTimeField(_("paused until"), null=True, editable=False)
    pause_reason = models.CharField(_("pause reason"), max_length=200, blank=True, editable=False)
    pause_count = models.PositiveIntegerField(default=0, editable=False)
    calls_reserved_until = models.DateTimeField(null=True, editable=False)
    # The only one it had when grants began to remember theirs; never written again.
    hostname_of_older_grants = models.CharField(max_length=253, null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = KeptQuerySet["WebexApp"].as_manager()

    class Meta:
        verbose_name = _("Webex integration")
        verbose_name_plural = _("Webex integrations")
        constraints = [
            models.CheckConstraint(
                name="an_enabled_app_has_its_credentials",
                condition=Q(is_enabled=False)
                | (~Q(client_id="") & ~Q(authorization_url="") & Q(client_secret__isnull=False)),
                violation_error_message=_(
                    "To enable it, fill in client ID, client secret and OAuth Authorization URL."
                ),
            ),
        ]

    def __str__(self) -> str:
        return plain_text.isolated(self.name)

    @property
    def audit_label(self) -> str:
        return self.name

    def clean(self) -> None:
        """A pasted URL fills in an empty client ID and must agree with a given one."""
        errors = {}
        try:
            credentials.check(self.client_id)
        except InvalidCredential as error:
            errors["client_id"] = str(error)
        self.authorization_url = unwrapped(self.authorization_url)
        try:
            pasted = parse(self.authorization_url) if self.authorization_url else None
        except InvalidAuthorizationURL as error:
            raise ValidationError(errors | {"authorization_url": str(error)}) from None
        if pasted and not errors:
            self.client_id = self.client_id or pasted.client_id
            if self.client_id != pasted.client_id:
                errors["client_id"] = str(_("The pasted URL belongs to another client ID."))
        if errors:
            raise ValidationError(errors)

    @property
    def pasted(self) -> Pasted | None:
        """What the pasted URL says; None where there is none that can be used."""
        try:
            return parse(self.authorization_url)
        except InvalidAuthorizationURL:
            return None

    @property
    def scopes(self) -> list[str]:
        """What users are asked to grant: exactly what the pasted URL lists, in its order."""
        return list(self.pasted.scopes) if self.pasted else []

    def replace_secret(self, secret: str, *, now: datetime) -> None:
        """Keeps the one that worked. Also ends a pause: a new secret is worth trying at once."""
        new = fingerprint(secret)
        if new == self.previous_client_secret_fingerprint:
            self.forget_previous_secret()
        elif new != self.client_secret_fingerprint and not self.relies_on_previous_secret:
            self._keep_secret(now)
        self.client_secret = secret
        self.client_secret_set_at = now
        self.client_secret_fingerprint = new
        self.forget_client_answer()

    def _keep_secret(self, now: datetime) -> None:
        try:
            secret = self.client_secret
        except UndecryptableValue:
            return  # perhaps that is why it is replaced
        if secret:
            self.previous_client_secret = secret
            self.previous_client_secret_fingerprint = self.client_secret_fingerprint
            self.previous_client_secret_used_at = now

    def forget_previous_secret(self) -> None:
        self.previous_client_secret = None
        self.previous_client_secret_fingerprint = None
        self.previous_client_secret_used_at = None

    @property
    def has_previous_secret(self) -> bool:
        return self.previous_client_secret_ciphertext is not None  # type: ignore[attr-defined]

    @property
    def relies_on_previous_secret(self) -> bool:
        """When they were last tried, Webex refused the secret and accepted the one before it."""
        return self.client_answer == PREVIOUS_ACCEPTED and self.has_previous_secret

    def forget_client_answer(self) -> None:
        self.client_answer = ""
        self.resume()

    def resume(self) -> None:
        self.refresh_paused_until = None
        self.pause_reason = ""
        self.pause_count = 0

    def is_paused(self, now: datetime) -> bool:
        return self.refresh_paused_until is not None and self.refresh_paused_until > now
