"""Differences in words."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.errors import Remark
from integrations.models import BrandedURL, WebexApp
from integrations.plain_text import isolated

LONGEST_VALUE = 80  # in a sentence; a longer one is not shown


class Kind(StrEnum):
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Change(Remark):
    kind: Kind


def added(row: WebexApp | BrandedURL) -> str:
    if isinstance(row, BrandedURL):
        return _("Add the hostname %s.") % row
    return _("Add “%s”, switched off and without a client secret.") % row


def removed(row: WebexApp | BrandedURL) -> str:
    return (
        _("Remove the hostname %s.") if isinstance(row, BrandedURL) else _("Remove “%s”.")
    ) % row


def ask_before_removing(row: WebexApp | BrandedURL) -> str:
    return _("“%s” would be removed for good.") % row


def in_use(row: WebexApp | BrandedURL, users: int) -> str:
    text = ngettext(
        "It cannot be removed: %d user depends on it.",
        "It cannot be removed: %d users depend on it.",
        users,
    )
    is_brand = isinstance(row, BrandedURL)
    step = _("Set its integration to null first.") if is_brand else _("Switch it off instead.")
    return f"{text % users} {step}"


def changed(row: WebexApp | BrandedURL, column: str, before: Any) -> str:
    after = getattr(row, column)
    if column == "is_enabled":
        return (_("Switch “%s” on.") if after else _("Switch “%s” off.")) % row
    labels = {field.name: field.verbose_name for field in row._meta.fields}
    facts = {"name": row, "field": labels[column]}
    if column == "authorization_url":
        return _("“%(name)s”: the %(field)s changes.") % facts
    facts |= {"before": _shown(before), "after": _shown(after)}
    return _("“%(name)s”: %(field)s changes from %(before)s to %(after)s.") % facts


def new_logo(brand: BrandedURL) -> str:
    return (_("%s: another logo.") if brand.logo_digest else _("%s: no logo any more.")) % brand


def moved(hostname: str, before: str | None, after: str | None) -> str:
    facts = {"name": hostname, "before": isolated(before), "after": isolated(after)}
    if before is None:
        return _("%(name)s is used by “%(after)s” from now on.") % facts
    if after is None:
        return _("Release %(name)s from “%(before)s”.") % facts
    return _("Move %(name)s from “%(before)s” to “%(after)s”.") % facts


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    text = isolated(value)
    text = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
    return f"“{text}”" if text else _("nothing")
