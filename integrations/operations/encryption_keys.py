"""Which key of FIELD_ENCRYPTION_KEY encrypts how much, when they last changed, what to do next.

A few rows are counted when somebody looks. More than that a worker counts when it is asked to, and
`rotate_encryption_key` at its end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.actions import Action
from integrations.models import AuditEvent, KeyCensus, Lease
from integrations.operations import health, key_rotation
from integrations.operations.check import Check, Level
from integrations.operations.key_rotation import NONE, fingerprints
from integrations.plain_text import grouped

FEW = 2_000  # rows, which take less than a tenth of a second
LEASE, LONGEST = "count keys", timedelta(minutes=10)
COMMAND = "manage.py rotate_encryption_key"


@dataclass(frozen=True)
class Row:
    label: str
    by_key: list[int]  # values, in the order of the keys
    unreadable: int


@dataclass(frozen=True)
class Overview:
    keys: list[str]  # fingerprints, in their order
    canary_key: int  # its position from 1
    rows: list[Row]
    counted_at: datetime | None
    is_live: bool  # counted for this page
    is_counting: bool
    rotated: AuditEvent | None
    checks: list[Check]  # the worst first; never empty


def overview(*, now: datetime) -> Overview:
    keys, live = fingerprints(), _few_counted()
    kept = None if live else KeyCensus.objects.first()
    counts = live or (kept.counts if kept else {})
    rows = [_row(name, found, keys) for name, found in sorted(counts.items())]
    return Overview(
        keys=keys,
        canary_key=key_rotation.position_of_canary(),
        rows=rows,
        counted_at=kept.counted_at if kept else None,
        is_live=bool(live),
        is_counting=Lease.objects.filter(name=LEASE, expires_at__gt=now).exists(),
        rotated=AuditEvent.objects.filter(action=Action.KEYS_ROTATED).newest_first().first(),
        checks=[*_wrong_keys(now), _what_to_do(rows, keys, _were_listed(counts, keys))],
    )


def count_in_turn(*, now: datetime) -> None:
    """For a worker; one at a time."""
    until = now + LONGEST
    if not Lease.objects.take([LEASE], now=now, until=until):
        return
    try:
        KeyCensus.objects.store(key_rotation.as_counts(key_rotation.count()), now=now)
    finally:
        Lease.objects.release(LEASE, until=until, now=now)


def _few_counted() -> dict[str, dict[str, int]] | None:
    models = [model for model, _columns in key_rotation.encrypted_columns()]
    if sum(model._base_manager.all()[: FEW + 1].count() for model in models) > FEW:
        return None
    return key_rotation.as_counts(key_rotation.count())


def _row(name: str, found: dict[str, int], keys: list[str]) -> Row:
    models = {model.__name__: model._meta for model, _columns in key_rotation.encrypted_columns()}
    label = capfirst(models[name].verbose_name_plural) if name in models else name
    others = sum(values for key, values in found.items() if key not in keys)
    return Row(str(label), [found.get(key, 0) for key in keys], others)


def _were_listed(counts: dict[str, dict[str, int]], keys: list[str]) -> bool:
    """Whether these were the keys when it was counted."""
    return bool(counts) and all({*found} == {*keys, NONE} for found in counts.values())


def _wrong_keys(now: datetime) -> list[Check]:
    return [health.wrong_key(host) for host in health.background(now).wrong_keys]


def _what_to_do(rows: list[Row], keys: list[str], is_counted: bool) -> Check:
    unreadable, old = sum(r.unreadable for r in rows), sum(sum(r.by_key[1:]) for r in rows)
    if not is_counted:
        sentence = _("It was not counted yet with the keys that are listed now.")
        return Check("uncounted", Level.ASKS, sentence, _("Count now; a worker does it."))
    if unreadable:
        sentence = ngettext(
            "%s value is read by no listed key.", "%s values are read by no listed key.", unreadable
        )
        step = _(
            "List the key they were written with last in FIELD_ENCRYPTION_KEY and restart every "
            "process. If it is lost, those users link again, and secrets are entered anew."
        )
        return Check("unreadable", Level.BLOCKS, sentence % grouped(unreadable), step)
    if old:
        sentence = ngettext(
            "%s value is still under an older key.", "%s values are still under an older key.", old
        )
        step = _("Once every process was restarted with the new key first, run “%s”.") % COMMAND
        return Check("old", Level.ASKS, sentence % grouped(old), step)
    if len(keys) > 1:
        sentence = _("Everything is under the first key; the others are needed no more.")
        step = _("Remove them from FIELD_ENCRYPTION_KEY and restart every process.")
        return Check("unneeded", Level.ASKS, sentence, step)
    sentence = _("Everything is under the one key that is listed. There is nothing to do.")
    step = _(
        "To change it, put a new key before it in FIELD_ENCRYPTION_KEY and restart every process; "
        "this page then says how to go on."
    )
    return Check("fine", Level.FINE, sentence, step)
