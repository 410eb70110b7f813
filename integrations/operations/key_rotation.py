"""Re-encrypting everything with the first key of FIELD_ENCRYPTION_KEY, while the portal works.

Each value is replaced only if its ciphertext is still the one that was read, so a token renewed
meanwhile stays; and values the first key decrypts are left alone, so a run that was killed goes on
where it ended.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from integrations.actions import Action
from integrations.fields import Ciphertext, EncryptedTextField
from integrations.models import AuditEvent, KeyCanary, KeyCensus
from integrations.models.key_census import Counts

Rows = models.QuerySet[Any, Any]
ROWS_AT_ONCE = 500
NO_KEY = 0
NONE = "none"  # of the keys, where fingerprints stand for them


@dataclass
class Tally:
    """How many values of a model each key decrypts, by its position from 1; NO_KEY: none does."""

    model: str
    by_key: Counter[int] = field(default_factory=Counter)

    @property
    def old(self) -> int:
        return sum(count for position, count in self.by_key.items() if position > 1)

    @property
    def undecryptable(self) -> int:
        return self.by_key[NO_KEY]


@dataclass(frozen=True)
class Report:
    before: list[Tally]
    after: list[Tally]

    @property
    def changed(self) -> int:
        return sum(tally.old for tally in self.before)

    @property
    def old(self) -> int:
        return sum(tally.old for tally in self.after)

    @property
    def undecryptable(self) -> int:
        return sum(tally.undecryptable for tally in self.after)


def rotate(*, now: datetime, advance: Callable[[int, int], None], by: str = "") -> Report:
    """Raises WrongEncryptionKey before anything is read. `advance` hears rows done and in all.

    `by` names who ran it, for the audit trail: a command knows no user of the portal.
    """
    KeyCanary.objects.verify()
    everything = sum(model._base_manager.count() for model, _ in encrypted_columns())
    before, done = [], 0
    for model, columns in encrypted_columns():
        tally = Tally(model.__name__)
        for rows in _chunks(model, columns):
            for pk, column, ciphertext in _values(rows, columns):
                position, text = _decrypt(ciphertext)
                tally.by_key[position] += 1
                if position > 1:
                    _re_encrypt(model, pk, column, ciphertext, text)
            done += len(rows)
            advance(done, everything)
        before.append(tally)
    report = Report(before, after=count())
    KeyCensus.objects.store(as_counts(report.after), now=now)
    figures = f"{report.changed} values anew with key {fingerprints()[0]}, {report.old} left"
    reason = f"{figures}; run by {by}" if by else figures
    AuditEvent.objects.record(Action.KEYS_ROTATED, reason=reason, now=now)
    return report


@cache
def _fingerprint(key: str) -> str:
    """Tells keys apart on a page; of 256 random bits it gives nothing away."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def fingerprints() -> list[str]:
    return [_fingerprint(key) for key in settings.FIELD_ENCRYPTION_KEY]


def position_of_canary() -> int:
    song: Any = KeyCanary.objects.values_list("song", flat=True).get()
    return _decrypt(song)[0]


def as_counts(tallies: list[Tally]) -> Counts:
    names = [NONE, *fingerprints()]
    return {
        tally.model: {name: tally.by_key[position] for position, name in enumerate(names)}
        for tally in tallies
    }


def count() -> list[Tally]:
    tallies = []
    for model, columns in encrypted_columns():
        tally = Tally(model.__name__)
        for rows in _chunks(model, columns):
            for _, _, ciphertext in _values(rows, columns):
                tally.by_key[_decrypt(ciphertext)[0]] += 1
        tallies.append(tally)
    return tallies


def unreadable_rows() -> Iterator[tuple[type[models.Model], list[Any]]]:
    """Keys of rows with a value that no listed key decrypts, some at a time."""
    for model, columns in encrypted_columns():
        for rows in _chunks(model, columns):
            found = _values(rows, columns)
            keys = {pk for pk, _column, value in found if _decrypt(value)[0] == NO_KEY}
            if keys:
                yield model, list(keys)


def columns_of(model: type[models.Model]) -> list[str]:
    return dict(encrypted_columns())[model]


def _values(
    rows: list[tuple[Any, ...]], columns: list[str]
) -> Iterator[tuple[Any, str, Ciphertext]]:
    for pk, *ciphertexts in rows:
        for column, ciphertext in zip(columns, ciphertexts, strict=True):
            if ciphertext is not None:
                yield pk, column, ciphertext


def _re_encrypt(
    model: type[models.Model], pk: Any, column: str, ciphertext: Ciphertext, text: str
) -> None:
    rows = model._base_manager.annotate(stored=Cast(column, models.TextField()))
    rows.filter(pk=pk, stored=ciphertext.stored).update(**{column: text})


def _decrypt(ciphertext: Ciphertext) -> tuple[int, str]:
    for position, key in enumerate(settings.FIELD_ENCRYPTION_KEY, start=1):
        try:
            return position, _fernet(key).decrypt(ciphertext.stored.encode()).decode()
        except (InvalidToken, ValueError):
            continue
    return NO_KEY, ""


@cache
def _fernet(key: str) -> Fernet:
    return Fernet(key)


def encrypted_columns() -> Iterator[tuple[type[models.Model], list[str]]]:
    for model in apps.get_models():
        fields = model._meta.get_fields()
        columns = [field.name for field in fields if isinstance(field, EncryptedTextField)]
        if columns:
            yield model, columns


def _chunks(model: type[models.Model], columns: list[str]) -> Iterator[list[tuple[Any, ...]]]:
    rows = model._base_manager.order_by("pk").values_list("pk", *columns)
    chunk = list(rows[:ROWS_AT_ONCE])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1][0])[:ROWS_AT_ONCE])
