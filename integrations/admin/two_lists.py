"""Available hostnames and selected hostnames, shown by the page; only differences are posted.

Without its script the widget is two text areas: hostnames to select, hostnames to remove.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations import hostnames
from integrations.errors import InvalidHostname
from integrations.models import BrandedURL, WebexApp
from integrations.operations.integrations import Hostnames
from integrations.plain_text import one_line

PAGE = 100  # hostnames shown at a time


class TwoLists(forms.Widget):
    template_name = "admin/settings/two_lists.html"
    app: WebexApp | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, TemplatesSetting())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        added, removed = value or ("", "")
        pages = {side: page_of(side, self.app) for side in ("available", "selected")}
        return context | {"added": added, "removed": removed, "pages": pages, "app": self.app}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(f"{name}_added", ""), data.get(f"{name}_removed", "")

    def id_for_label(self, id_: str) -> str:
        return ""


class HostnamesField(forms.Field):
    widget = TwoLists

    def clean(self, value: Any) -> Hostnames:
        added, removed = (_read(text) for text in value)
        return Hostnames(added=added, removed=removed - added)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return any(data or ())


def words_of(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text) if word]


def not_a_hostname(word: str, why: object) -> ValidationError:
    names = {"typed": one_line(word)[:80], "why": why}
    return ValidationError(_("“%(typed)s”: %(why)s"), params=names)


def read_each(words: list[str], read: Callable[[str], str]) -> list[str]:
    """Raises ValidationError with every word that is none, not only with the first."""
    hostnames, wrong = [], []
    for word in words:
        try:
            hostnames.append(read(word))
        except ValidationError as error:
            wrong.append(error)
    if wrong:
        raise ValidationError(wrong)
    return hostnames


def _read(text: str) -> frozenset[str]:
    return frozenset(read_each(words_of(text), _normalised))


def _normalised(word: str) -> str:
    try:
        return hostnames.normalise(word)
    except InvalidHostname as error:
        raise not_a_hostname(word, error) from None


def page_of(
    side: str, app: WebexApp | None, *, wanted: str = "", after: str = ""
) -> dict[str, Any]:
    """The hostnames of one side that contain `wanted`, in their order, beyond `after`."""
    ours = BrandedURL.objects.filter(app=app) if app else BrandedURL.objects.none()
    others = BrandedURL.objects.exclude(app=app) if app else BrandedURL.objects.all()
    rows, movable = (ours, ours) if side == "selected" else (others, others.filter(app=None))
    found = rows.filter(hostname__contains=_as_stored(wanted), hostname__gt=after)
    listed = list(found.order_by("hostname").values_list("hostname", "app__name")[: PAGE + 1])
    return {
        "rows": [_row(hostname, taker or "", side) for hostname, taker in listed[:PAGE]],
        "more": len(listed) > PAGE,
        "count": movable.count(),
    }


def _row(hostname: str, app_name: str, side: str) -> dict[str, str]:
    in_unicode = hostnames.to_unicode(hostname)
    shown = hostname if in_unicode == hostname else f"{hostname} ({in_unicode})"
    return {"name": hostname, "shown": shown, "taker": app_name if side == "available" else ""}


def _as_stored(wanted: str) -> str:
    if wanted.isascii():
        return wanted.strip().lower()
    try:
        return hostnames.normalise(wanted)
    except InvalidHostname:
        return wanted
