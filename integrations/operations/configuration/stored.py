"""Integrations and hostnames as they are stored, by name."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from integrations.models import BrandedURL, WebexApp
from integrations.operations.configuration.document import Document, Entry


@dataclass(frozen=True)
class Stored:
    apps: dict[str, WebexApp]
    brands: dict[str, BrandedURL]

    @cached_property
    def _names(self) -> dict[int | None, str]:
        return {app.pk: name for name, app in self.apps.items()}

    def app_name(self, brand: BrandedURL) -> str | None:
        return self._names.get(brand.app_id)

    @property
    def document(self) -> Document:
        brands = {name: self._brand(brand) for name, brand in self.brands.items()}
        return Document({name: _app(app) for name, app in self.apps.items()}, brands)

    def _brand(self, brand: BrandedURL) -> Entry:
        return {
            "integration": self.app_name(brand),
            "brand_name": brand.brand_name,
            "accent_color": brand.accent_color,
            "language": brand.language,
            "logo": brand.logo_digest or None,
        }


def _app(app: WebexApp) -> Entry:
    return {
        "is_enabled": app.is_enabled,
        "client_id": app.client_id,
        "client_secret_is_set": bool(app.client_secret_set_at),
        "authorization_url": app.authorization_url,
        "default_provisioning_id": app.default_provisioning_id,
        "device_linking_enabled": app.device_linking_enabled,
    }


def load() -> Stored:
    apps = {app.name: app for app in WebexApp.objects.order_by("name")}
    brands = BrandedURL.objects.defer("logo").order_by("hostname")
    return Stored(apps, {brand.hostname: brand for brand in brands})


def lock(names: Collection[tuple[str, str]]) -> None:
    """Whoever saves one of these waits, and nobody else. In the order of the pages' own locks."""
    apps = [name for kind, name in names if kind == "integrations"]
    brands = [name for kind, name in names if kind == "hostnames"]
    for rows in (
        WebexApp.objects.filter(name__in=apps).order_by("pk"),
        BrandedURL.objects.filter(hostname__in=brands).order_by("hostname"),
    ):
        list(rows.select_for_update(no_key=True).values_list("pk"))
