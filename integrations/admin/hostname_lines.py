"""Hostnames that are typed into a form, one a line."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext as _

from accounts.models import User
from integrations import hostnames
from integrations.admin.lines_field import LinesField
from integrations.errors import InvalidHostname
from integrations.models import BrandedURL, administered
from integrations.models.limited_administrator import limits_of


class HostnameLinesField(LinesField):
    """In whichever order and spelling; what is no hostname stays as it was typed."""

    def lines_of(self, text: str) -> list[str]:
        return sorted(_spelled(word) for word in text.split())


def require(field: forms.Field) -> None:
    """Of somebody who administers some hostnames only: empty would mean all."""
    field.required = True
    field.help_text = _("One a line: at least one of those that you administer.")


def branded(typed: str, *, by: User, kept: Iterable[str] = ()) -> list[str]:
    """Sorted; those of `kept` may have lost their branded URL. ValidationError names the others,
    and does not tell whether somebody else administers them.
    """
    wanted = {_normalised(line) for line in typed.split()}
    rows = administered.visible(BrandedURL.objects.filter(hostname__in=wanted), by)
    known = {*rows.values_list("hostname", flat=True), *(() if limits_of(by) is not None else kept)}
    if unknown := wanted - known:
        text = _("No branded URL of this portal: %s.")
        if limits_of(by) is not None:
            text = _("None that you administer: %s.")
        raise forms.ValidationError(text % ", ".join(sorted(unknown)[:5]))
    return sorted(wanted)


def _spelled(word: str) -> str:
    try:
        return hostnames.normalise(word)
    except InvalidHostname:
        return word


def _normalised(line: str) -> str:
    try:
        return hostnames.normalise(line)
    except InvalidHostname as error:
        raise forms.ValidationError(f"{line[:100]}: {error}") from None
