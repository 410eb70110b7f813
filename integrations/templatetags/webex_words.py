"""States of synchronisations, mails and billing reports, as pages show them."""

from typing import Any

from django import template
from django.utils import formats

from integrations.provisioning import activation_mails, enterprises, reports
from integrations.webex.enterprises import DirectorySync

register = template.Library()
CHIP = "integrations/subscribers/_state.html"


@register.inclusion_tag(CHIP)
def sync_state(sync: DirectorySync) -> dict[str, Any]:
    tone, text = enterprises.state(sync)
    return {"tone": tone, "text": text}


@register.inclusion_tag(CHIP)
def report_state(status: str) -> dict[str, Any]:
    tone, text = reports.state(status)
    return {"tone": tone, "text": text}


@register.inclusion_tag(CHIP)
def mails_state(status: str) -> dict[str, Any]:
    tone, text = activation_mails.state(status)
    return {"tone": tone, "text": text}


@register.filter
def in_month(period: str) -> str:
    """2026-10 as October 2026; anything else as it is."""
    month = reports.month_of(period)
    return formats.date_format(month, "YEAR_MONTH_FORMAT") if month else period
