"""Available hostnames and selected hostnames: a multiple select that a script makes comfortable."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString

from integrations.models import BrandedURL, WebexApp


@dataclass(frozen=True)
class Choice:
    value: str
    hostname: str
    shown: str  # with the U-label form, where that differs
    taker: str
    is_selected: bool


class TwoLists(forms.SelectMultiple):
    template_name = "admin/settings/two_lists.html"
    hostnames: list[BrandedURL]
    app: WebexApp | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, TemplatesSetting())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = {str(each) for each in value or ()}
        context["rows"] = [self._row(brand, chosen) for brand in self.hostnames]
        return context

    def _row(self, brand: BrandedURL, chosen: set[str]) -> Choice:
        own = self.app is not None and brand.app_id == self.app.pk
        taker = "" if own or brand.app is None else str(brand.app)
        plain = brand.unicode_hostname == brand.hostname
        shown = brand.hostname if plain else f"{brand.hostname} ({brand.unicode_hostname})"
        key = str(brand.pk)
        return Choice(key, brand.hostname, shown, taker, key in chosen and not taker)


class HostnamesField(forms.MultipleChoiceField):
    widget = TwoLists

    def offer(self, app: WebexApp) -> None:
        rows = BrandedURL.objects.select_related("app").defer("logo")
        hostnames = list(rows.order_by("hostname"))
        self.widget.hostnames, self.widget.app = hostnames, app if app.pk else None
        mine = [brand for brand in hostnames if app.pk and brand.app_id == app.pk]
        # A row that another admin took meanwhile is no form error: saving reports it by name.
        self.choices = [(str(brand.pk), brand.hostname) for brand in hostnames]
        self.initial = [str(brand.pk) for brand in mine]
