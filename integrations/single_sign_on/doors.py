"""How people get in at a hostname: with a password, through an identity provider, or either."""

from dataclasses import dataclass

from django.urls import reverse

from integrations import hostnames
from integrations.models import BrandedURL, IdentityProvider, SignInRule
from integrations.models.identity_provider import SSO_CALLBACK_PATH


@dataclass(frozen=True)
class Door:
    hostname: str
    rule: SignInRule
    provider: IdentityProvider | None  # one that is enabled, and not where passwords rule
    is_portal: bool  # one of the portal's own hosts, where the settings are

    @property
    def provider_id(self) -> int | None:
        return self.provider.pk if self.provider else None

    @property
    def takes_passwords(self) -> bool:
        return self.rule != SignInRule.SINGLE

    @property
    def redirect_uri(self) -> str:
        return redirect_uri_at(self.hostname)


def redirect_uri_at(hostname: str) -> str:
    """A provider must have it letter by letter (RFC 6749 section 3.1.2.3)."""
    return hostnames.origin(hostname) + SSO_CALLBACK_PATH


def signed_out_uri_at(hostname: str) -> str:
    """Where a provider sends people whom it signed out (`post_logout_redirect_uri`)."""
    return hostnames.origin(hostname) + reverse("sign_in")


def at(hostname: str, brand: BrandedURL | None) -> Door:
    provider = brand.identity_provider if brand else IdentityProvider.objects.of_portal()
    rule = brand.sign_in_rule if brand else provider and provider.portal_rule
    rule = SignInRule(rule or SignInRule.PASSWORD)
    is_open = provider is not None and provider.is_enabled and rule != SignInRule.PASSWORD
    return Door(hostname, rule, provider if is_open else None, is_portal=brand is None)


def still_leads_to(provider: IdentityProvider, door: Door) -> bool:
    """As the database has it now: nobody comes in through a door that was closed meanwhile."""
    brand = None if door.is_portal else BrandedURL.objects.serving(door.hostname)
    is_there = door.is_portal or brand is not None
    return is_there and at(door.hostname, brand).provider_id == provider.pk
