"""Available hostnames and selected hostnames, shown by the page; only differences are posted.

Without its script the widget is two text areas: hostnames to select, hostnames to remove.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.forms.renderers import TemplatesSetting
from django.urls import reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from integrations import hostnames
from integrations.errors import InvalidHostname
from integrations.models import BrandedURL, WebexApp, administered
from integrations.models.limited_administrator import limits_of
from integrations.operations.integrations import Hostnames
from integrations.plain_text import one_line

PAGE = 100  # hostnames shown at a time


class TwoLists(forms.Widget):
    template_name = "admin/settings/two_lists.html"
    url = reverse_lazy("admin:integrations_webexapp_hostnames")
    app: models.Model | None = None  # whose hostnames are the selected ones
    user: User | None = None  # who looks at them

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return super().render(name, value, attrs, TemplatesSetting())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        added, removed = value or ("", "")
        pages = {side: self.page_of(side) for side in ("available", "selected")}
        context |= {"added": added, "removed": removed, "pages": pages}
        return context | {"app": self.app, "url": self.url}

    def page_of(self, side: str) -> dict[str, Any]:
        return page_of(side, cast(WebexApp | None, self.app), by=self.user)

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


def check_administered(names: Collection[str], *, by: User) -> None:
    """Of who administers some: whether there are others, and whose they are, is not said."""
    if limits := limits_of(by):
        read_each([name for name in names if name not in limits.hostnames], _not_administered)


def _not_administered(word: str) -> str:
    raise not_a_hostname(word, _("this is none that you administer."))


def _read(text: str) -> frozenset[str]:
    return frozenset(read_each(words_of(text), _normalised))


def _normalised(word: str) -> str:
    try:
        return hostnames.normalise(word)
    except InvalidHostname as error:
        raise not_a_hostname(word, error) from None


def page_of(
    side: str, app: WebexApp | None, *, wanted: str = "", after: str = "", by: User | None
) -> dict[str, Any]:
    """Of the hostnames that `by` administers, those of one side, as `page_among`."""
    brands = administered.visible(BrandedURL.objects.all(), by)
    ours = brands.filter(app=app) if app else brands.none()
    others = brands.exclude(app=app) if app else brands
    rows, movable = (ours, ours) if side == "selected" else (others, others.filter(app=None))
    return page_among(rows, movable, side, wanted=wanted, after=after)


def page_among(
    rows: QuerySet[BrandedURL], movable: QuerySet[BrandedURL], side: str,
    *, wanted: str, after: str, shows_takers: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Those that contain `wanted`, in their order, beyond `after`."""
    found = rows.filter(hostname__contains=_as_stored(wanted), hostname__gt=after)
    listed = list(found.order_by("hostname").values_list("hostname", "app__name")[: PAGE + 1])
    is_taken = shows_takers and side == "available"
    return {
        "rows": [_row(name, taker or "" if is_taken else "") for name, taker in listed[:PAGE]],
        "more": len(listed) > PAGE,
        "count": movable.count(),
    }


def _row(hostname: str, taker: str) -> dict[str, str]:
    in_unicode = hostnames.to_unicode(hostname)
    shown = hostname if in_unicode == hostname else f"{hostname} ({in_unicode})"
    return {"name": hostname, "shown": shown, "taker": taker}


def _as_stored(wanted: str) -> str:
    if wanted.isascii():
        return wanted.strip().lower()
    try:
        return hostnames.normalise(wanted)
    except InvalidHostname:
        return wanted
