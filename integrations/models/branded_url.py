"""A hostname of the portal with the look of its brand and the Webex integration it uses."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.statement import Statement
from integrations import hostnames, plain_text
from integrations.errors import InvalidHostname
from integrations.models import kept_brands
from integrations.models.identity_provider import IdentityProvider, SignInRule, not_noted_lately
from integrations.models.kept_brands import KeptModel, KeptQuerySet
from integrations.models.webex_app import WebexApp

CALLBACK_PATH = "/webex/callback/"  # registered at Webex: no request and no server moves it


def logo_digest(png: bytes | None) -> str:
    """Names its address, so that a browser may keep it; empty without a logo."""
    return hashlib.sha256(png).hexdigest()[:32] if png else ""


class BrandedURLQuerySet(KeptQuerySet["BrandedURL"]):
    def serving(self, hostname: str) -> "BrandedURL | None":
        """What this hostname looks like and which integration it uses; without the logo."""
        found = BY_HOSTNAME.first(hostname)
        if found is None:
            return None
        brand: BrandedURL = found[0]
        brand.app, brand.identity_provider = found[1:]
        return brand

    def signed_in(self, hostname: str, *, now: datetime) -> None:
        """Through its identity provider."""
        here = self.filter(not_noted_lately("last_sign_in_at", now), hostname=hostname)
        here.update(last_sign_in_at=now)

    def lately_serving(self, hostname: str) -> "BrandedURL | None":
        """The same as of a few seconds ago, for who only looks. A new one is never missed."""
        brand: BrandedURL | None = kept_brands.find(hostname)
        if brand is None and (brand := self.serving(hostname)):
            kept_brands.keep(hostname, brand)
        return brand

    def take(self, keys: Iterable[int], *, app: WebexApp, now: datetime) -> int:
        """How many were still free: of two who want the same hostname, one gets it."""
        free = self.filter(pk__in=list(keys), app=None)
        return free.update(app=app, assigned_at=now, last_return_at=None)

    def returned(self, redirect_uri: str, *, brand: "BrandedURL | None", now: datetime) -> None:
        """Webex sent a browser back with a code that was good: the redirect URI is registered.

        Noted once a minute at most, or users of one hostname would queue for its row.
        """
        if brand is None or brand.redirect_uri != redirect_uri:
            return
        if brand.last_return_at is None or abs(now - brand.last_return_at) > timedelta(minutes=1):
            self.filter(pk=brand.pk).update(last_return_at=now)

    def release(self, keys: Iterable[int], *, app: WebexApp) -> int:
        return self.filter(pk__in=list(keys), app=app).update(app=None, assigned_at=None)


class BrandedURL(KeptModel):
    hostname = models.CharField(_("hostname"), max_length=253, unique=True)
    brand_name = models.CharField(
        _("brand name"), max_length=100, blank=True, validators=[plain_text.validate_visible]
    )
    accent_color = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#1f5fbf",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Enter a colour as #rrggbb."))],
    )
    # One of settings.LANGUAGES: of mails, and for browsers that ask for none that is offered.
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    logo = models.BinaryField(_("logo"), null=True, editable=False)
    logo_digest = models.CharField(max_length=64, blank=True, editable=False)
    app = models.ForeignKey(
        WebexApp,
        verbose_name=_("Webex integration"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="branded_urls",
    )
    identity_provider = models.ForeignKey(
        IdentityProvider,
        verbose_name=_("identity provider"),
        on_delete=models.PROTECT,  # or a hostname without passwords would let nobody in
        null=True,
        blank=True,
        related_name="branded_urls",
    )
    sign_in_rule = models.CharField(
        _("sign-in"),
        max_length=10,
        choices=SignInRule,
        default=SignInRule.PASSWORD,
        db_default=SignInRule.PASSWORD,
    )
    last_sign_in_at = models.DateTimeField(null=True, editable=False)  # through the provider
    assigned_at = models.DateTimeField(_("assigned"), null=True, editable=False)
    last_return_at = models.DateTimeField(_("last successful return"), null=True, editable=False)

    objects = BrandedURLQuerySet.as_manager()

    class Meta:
        verbose_name = _("branded URL")
        verbose_name_plural = _("branded URLs")

    def __str__(self) -> str:
        return self.hostname

    def clean(self) -> None:
        if self.sign_in_rule != SignInRule.PASSWORD and self.identity_provider_id is None:
            missing = _("Choose the identity provider that people sign in with.")
            raise ValidationError({"identity_provider": missing})
        if self.language and self.language not in dict(settings.LANGUAGES):
            message = models.Field.default_error_messages["invalid_choice"]
            params = {"value": self.language}
            raise ValidationError({"language": ValidationError(message, params=params)})
        if not self.hostname:
            return  # what was wrong with it is said already
        try:
            self.hostname = hostnames.normalise(self.hostname)
        except InvalidHostname as error:
            raise ValidationError({"hostname": str(error)}) from None
        if hostnames.is_portal_host(self.hostname):
            message = _("This is the portal's own hostname, where no brand is shown.")
            raise ValidationError({"hostname": message})
        plain_http = hostnames.origin(self.hostname).startswith("http://")
        if plain_http and not hostnames.is_local(self.hostname):
            message = _("Portals are served over http here, so only *.localhost names are safe.")
            raise ValidationError({"hostname": message})

    @property
    def redirect_uri(self) -> str:
        """Webex compares it byte for byte with what is registered (RFC 6749 section 3.1.2.3)."""
        return hostnames.origin(self.hostname) + CALLBACK_PATH

    def test_url(self, ticket: str) -> str:
        return hostnames.origin(self.hostname) + reverse("webex_test", args=[ticket])

    @property
    def unicode_hostname(self) -> str:
        return hostnames.to_unicode(self.hostname)

    @property
    def title(self) -> str:
        return self.brand_name or self.hostname

    @property
    def stylesheet_digest(self) -> str:
        """Changes with the colour, and with the rules of `colors` about it (2)."""
        return hashlib.sha256(f"2 {self.accent_color}".encode()).hexdigest()[:16]

    def set_logo(self, png: bytes | None) -> None:
        self.logo = png
        self.logo_digest = logo_digest(png)


BY_HOSTNAME = Statement(
    """
    SELECT {brand}, {app}, {provider} FROM integrations_brandedurl brand
    LEFT JOIN integrations_webexapp app ON app.id = brand.app_id
    LEFT JOIN integrations_identityprovider provider ON provider.id = brand.identity_provider_id
    WHERE brand.hostname = %s
    """,
    unread=["logo"],
    brand=BrandedURL,
    app=WebexApp,
    provider=IdentityProvider,
)
