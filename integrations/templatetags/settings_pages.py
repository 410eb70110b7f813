"""Small things the pages of Settings → Webex need."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from integrations.admin import lists, looks, on_record
from integrations.models import AuditEvent, BulkJob, GrantEvent
from integrations.operations.activity import Slot

register = template.Library()


@register.filter
def labelled(cells: list[str], heads: list[dict[str, Any]]) -> Iterator[str]:
    """Django's cells of a row; on a phone, where no head stands over them, each has its name."""
    for cell, head in zip(cells, heads, strict=True):
        attribute = format_html(' data-column="{}"', capfirst(head["text"]))
        yield mark_safe(f"{cell[:3]}{attribute}{cell[3:]}")  # noqa: S308  after <td or <th


@register.filter
def error_count(fieldset: Any) -> int:
    fields = [field for line in fieldset for field in line]
    return sum(bool(field.errors()) for field in fields if callable(getattr(field, "errors", None)))


@register.filter
def look(event: GrantEvent) -> tuple[str, str]:
    """Icon and tone."""
    return looks.EVENTS[event.kind]


@register.filter
def audit_look(event: AuditEvent) -> tuple[str, str]:
    return looks.of_audit(event)


@register.filter
def changed_in_words(event: AuditEvent) -> list[str]:
    """As forms call the fields; a name that the model has no more stays as it is."""
    model = _model_of(event)
    fields = {field.name: field for field in model._meta.get_fields()} if model else {}
    return [str(getattr(fields.get(name), "verbose_name", name)) for name in event.changed]


@register.filter
def object_kind(event: AuditEvent) -> str:
    model = _model_of(event)
    known = on_record.KINDS.get(event.object_type, event.object_type)
    return str(model._meta.verbose_name if model else known)


@register.filter
def object_name(event: AuditEvent) -> str:
    is_pasted = event.object_type == "bulkjob" and event.object_label == BulkJob.PASTED
    return _("Pasted lines") if is_pasted else event.object_label or event.object_id


def _model_of(event: AuditEvent) -> type[Model] | None:
    """None where a newer version had one that this one does not know."""
    named = (each for each in apps.get_models() if each._meta.model_name == event.object_type)
    return next(named, None)


@register.filter
def what(event: AuditEvent) -> str:
    return on_record.what(event)


@register.filter
def why(event: AuditEvent | GrantEvent) -> str:
    return on_record.why(event)


@register.filter
def in_words(reason: str) -> str:
    return on_record.reason_in_words(reason)


@register.filter
def total(slots: list[Slot], name: str) -> int:
    return sum(getattr(slot, name) for slot in slots)


@register.filter
def beyond(items: list[Any], most: int) -> int:
    return max(len(items) - most, 0)


@register.filter
def is_ahead(moment: datetime | None) -> bool:
    return moment is not None and moment > timezone.now()


@register.filter
def is_recent(moment: datetime) -> bool:
    return abs(timezone.now() - moment) < timedelta(minutes=1)


@register.filter
def largest_unit(span: str) -> str:
    """“3 hours” of “3 hours, 12 minutes”."""
    return span.partition(",")[0]


@register.inclusion_tag("admin/settings/_chips.html")
def chips(changelist: Any) -> dict[str, list[lists.Chip]]:
    return {"chips": list(lists.chips(changelist))}


@register.simple_tag
def capped(changelist: Any) -> str:
    count = changelist.result_count
    is_capped = getattr(changelist.paginator, "is_capped", False)
    return f"{lists.CAP:,}+" if is_capped else f"{count:,}"
