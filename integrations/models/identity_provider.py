"""Where people of a brand sign in: an OpenID Connect provider, and what its word counts for."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations import credentials, plain_text
from integrations.errors import InvalidCredential
from integrations.fields import EncryptedTextField
from integrations.models.kept_brands import KeptModel, KeptQuerySet
from integrations.provider_address import is_url_allowed

SSO_CALLBACK_PATH = "/sign-in/callback/"  # registered at the providers: no request moves it


class SignInRule(models.TextChoices):
    """Of a hostname."""

    PASSWORD = "password", _("with a password only")
    BOTH = "both", _("with a password or single sign-on")
    SINGLE = "single", _("with single sign-on only")


def validate_issuer(text: str) -> None:
    if not is_url_allowed(text) or "?" in text:
        raise ValidationError(_("Enter its https:// address, without user, ? and #."))


def validate_scopes(text: str) -> None:
    if "openid" not in text.split():
        raise ValidationError(_("It must contain “openid”."))


def not_noted_lately(column: str, now: datetime) -> Q:
    """A moment is noted once a minute at most, or people would queue for the row."""
    return Q(**{column: None}) | Q(**{f"{column}__lt": now - timedelta(minutes=1)})


class IdentityProviderQuerySet(KeptQuerySet["IdentityProvider"]):
    def of_portal(self) -> "IdentityProvider | None":
        """The one that serves the portal's own hosts."""
        return self.exclude(portal_rule=SignInRule.PASSWORD).first()

    def returned(self, pk: int, *, now: datetime) -> None:
        self.filter(not_noted_lately("last_return_at", now), pk=pk).update(last_return_at=now)


class IdentityProvider(KeptModel):
    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[plain_text.validate_visible],
        help_text=_("As people know it: the button says “Sign in with …”."),
    )
    is_enabled = models.BooleanField(
        _("enabled"),
        default=False,
        help_text=_("While it is off nobody signs in through it, and its sessions end."),
    )
    issuer = models.CharField(
        _("issuer"),
        max_length=300,
        validators=[validate_issuer],
        help_text=_("Its address, letter by letter as in its discovery document."),
    )
    client_id = models.CharField(_("client ID"), max_length=200)
    client_secret = EncryptedTextField(_("client secret"), null=True, blank=True)
    client_secret_set_at = models.DateTimeField(_("client secret set"), null=True, editable=False)
    client_secret_fingerprint = models.CharField(max_length=8, blank=True, editable=False)
    scopes = models.CharField(
        _("scopes"), max_length=200, default="openid profile email", validators=[validate_scopes]
    )
    groups_claim = models.CharField(
        _("groups are listed as"),
        max_length=100,
        default="groups",
        blank=True,
        help_text=_("Empty: it says nothing about groups, and roles are given here."),
    )
    settings_groups = models.JSONField(_("may open the settings"), default=list, blank=True)
    makes_people = models.BooleanField(
        _("makes people"),
        default=True,
        help_text=_("Who signs in for the first time becomes a user. Off: link them here first."),
    )
    second_factor_values = models.CharField(
        _("counts as second factor"),
        max_length=200,
        blank=True,
        help_text=_(
            "Values of amr or acr, such as “mfa”, with which its sign-in counts as a second factor "
            "here. Empty: it never does."
        ),
    )
    portal_rule = models.CharField(
        _("at the portal's own hosts"),
        max_length=10,
        choices=SignInRule,
        default=SignInRule.PASSWORD,
        help_text=_("How people sign in there. Superusers always may with their password."),
    )
    last_return_at = models.DateTimeField(null=True, editable=False)  # to one of the portal's hosts

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity provider")
        verbose_name_plural = _("identity providers")
        constraints = [
            models.CheckConstraint(
                name="an_enabled_provider_has_a_secret",
                condition=Q(is_enabled=False) | Q(client_secret__isnull=False),
                violation_error_message=_("To enable it, fill in the client secret."),
            ),
            models.UniqueConstraint(
                models.Value(1),
                name="one_provider_serves_the_portal",
                condition=~Q(portal_rule="password"),
                violation_error_message=_("Another provider serves the portal's own hosts."),
            ),
        ]

    def __str__(self) -> str:
        return plain_text.isolated(self.name)

    @property
    def audit_label(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            credentials.check(self.client_id)
        except InvalidCredential as error:
            raise ValidationError({"client_id": str(error)}) from None

    def counts_as_second_factor(self, claims: dict[str, Any]) -> bool:
        """RFC 8176 (`amr`), OpenID Connect Core, 2 (`acr`)."""
        wanted = self.second_factor_values.replace(",", " ").split()
        return any(each in wanted for each in [*_words(claims.get("amr")), claims.get("acr")])

    def groups_in(self, claims: dict[str, Any]) -> set[str]:
        found = claims.get(self.groups_claim)
        return {found} if isinstance(found, str) else set(_words(found))

    def tells_groups_elsewhere(self, claims: dict[str, Any]) -> bool:
        """Distributed claims (OpenID Connect Core 5.6.2), as of people in hundreds of groups."""
        elsewhere = claims.get("_claim_names")
        is_named = isinstance(elsewhere, dict) and self.groups_claim in elsewhere
        return is_named and self.groups_claim not in claims


def _words(claim: object) -> list[str]:
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []


class MappedGroup(models.Model):
    """Whoever is in `theirs` at the provider is in `ours` here, from their next sign-in on."""

    provider = models.ForeignKey(
        IdentityProvider, on_delete=models.CASCADE, related_name="mapped_groups"
    )
    theirs = models.CharField(_("group at the provider"), max_length=200)
    ours = models.ForeignKey(Group, verbose_name=_("role here"), on_delete=models.CASCADE)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "theirs", "ours"], name="a_group_is_mapped_once"
            )
        ]

    def __str__(self) -> str:
        return f"{plain_text.isolated(self.theirs)} → {plain_text.isolated(self.ours.name)}"
