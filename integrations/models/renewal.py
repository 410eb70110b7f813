"""What a row of a grant becomes when new tokens arrive: one rule for single and batch writes."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from integrations.fields import EncryptedTextField
from integrations.models.claim import ClaimableQuerySet
from integrations.tokens import TokenSet

SHORTEST_RENEWAL = timedelta(seconds=60)

HEALTHY: dict[str, Any] = {
    "failure_count": 0,
    "failing_since": None,
    "suspect_since": None,
    "last_error": "",
    "last_tracking_id": "",
}


@dataclass(frozen=True)
class Renewal:
    """Tokens for one grant, as it was read: its version fences the write."""

    grant_id: int
    version: int
    tokens: TokenSet


def columns(tokens: TokenSet, now: datetime) -> dict[str, Any]:
    changed: dict[str, Any] = {
        "access_token": tokens.access_token,
        "access_token_expires_at": tokens.access_token_expires_at,
        "refreshed_at": now,
        "refresh_due_at": due_at(tokens, now),
        **HEALTHY,
    }
    if tokens.refresh_token:
        changed["refresh_token"] = tokens.refresh_token
    if tokens.refresh_token_expires_at:
        changed["refresh_token_expires_at"] = tokens.refresh_token_expires_at
    if tokens.scope is not None:
        changed["scope"] = " ".join(sorted(tokens.scope))
    return changed


def due_at(tokens: TokenSet, now: datetime) -> datetime:
    """Half of the shorter life, a little earlier by chance so that renewals spread."""
    end = tokens.access_token_expires_at
    if tokens.refresh_token_expires_at and tokens.refresh_token_expires_at < end:
        end = tokens.refresh_token_expires_at
    half_life = (end - now) / 2
    return now + max(half_life * random.uniform(0.9, 1.0), SHORTEST_RENEWAL)


class RenewableQuerySet(ClaimableQuerySet):
    def store_renewals(self, renewals: list[Renewal], *, now: datetime) -> set[int]:
        """`Grant.store` for many, in one transaction; returns the ids of those that came too late.

        Rows that change the same columns go to the database in one `executemany`, with values
        prepared once where they are the same for all: several times faster than `update()`.
        """
        with transaction.atomic():
            if self._write(renewals, now) == len(renewals):
                return set()
            transaction.set_rollback(True)
        if len(renewals) == 1:
            return {renewals[0].grant_id}
        # Some were outrun, and a batch does not tell which: once more, one by one.
        return set[int]().union(*(self.store_renewals([each], now=now) for each in renewals))

    def _write(self, renewals: list[Renewal], now: datetime) -> int:
        shapes: dict[tuple[str, ...], list[list[Any]]] = defaultdict(list)
        for each in renewals:
            changed = columns(each.tokens, now)
            shapes[tuple(changed)].append([*changed.values(), each.version, each.grant_id])
        written = 0
        with connection.cursor() as cursor:
            for names, rows in shapes.items():
                cursor.executemany(self._update_statement(names), self._prepared(names, rows))
                written += cursor.rowcount
        return written

    def _update_statement(self, names: tuple[str, ...]) -> str:
        assigned = "".join(f'"{name}" = %s, ' for name in names)
        return (
            f'UPDATE "{self.model._meta.db_table}" SET {assigned} version = version + 1, '  # noqa: S608
            "claimed_by = NULL, claimed_until = NULL WHERE version = %s AND id = %s"
        )

    def _prepared(self, names: tuple[str, ...], rows: list[list[Any]]) -> list[list[Any]]:
        """Column by column: what many rows share is prepared once, ciphertext never."""
        prepared = []
        for name, values in zip(names, zip(*rows, strict=True), strict=False):
            field = self.model._meta.get_field(name)
            if isinstance(field, EncryptedTextField):
                prepared.append([field.get_db_prep_save(value, connection) for value in values])
                continue
            known = {value: field.get_db_prep_save(value, connection) for value in set(values)}
            prepared.append([known[value] for value in values])
        return [[*row, *fence[-2:]] for *row, fence in zip(*prepared, rows, strict=True)]
