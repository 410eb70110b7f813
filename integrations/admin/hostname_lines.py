"""Hostnames that are typed into a form, one a line."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext as _

from integrations import hostnames
from integrations.errors import InvalidHostname
from integrations.models import BrandedURL


def widget() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})


def branded(typed: str, *, kept: Iterable[str] = ()) -> list[str]:
    """Sorted; those of `kept` may have lost their branded URL. ValidationError names the others."""
    wanted = {_normalised(line) for line in typed.split()}
    known = BrandedURL.objects.filter(hostname__in=wanted).values_list("hostname", flat=True)
    if unknown := wanted - {*known, *kept}:
        text = _("No branded URL of this portal: %s.") % ", ".join(sorted(unknown)[:5])
        raise forms.ValidationError(text)
    return sorted(wanted)


def _normalised(line: str) -> str:
    try:
        return hostnames.normalise(line)
    except InvalidHostname as error:
        raise forms.ValidationError(f"{line[:100]}: {error}") from None
