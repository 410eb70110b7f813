"""What a row of a grant becomes when new tokens arrive: one rule for single and batch writes."""

import json
import random
from collections import defaultdict
from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from integrations.models.claim import ClaimableQuerySet, Row
from integrations.tokens import TokenSet

SHORTEST_RENEWAL = timedelta(seconds=60)
EARLIER = (0.9, 1.0)  # of half a life: somewhere between

# One parameter for many rows: four for each would cost more than the write itself.
JSON_ROWS = {
    "postgresql": ("jsonb_array_elements(%s)", "value ->> {}"),
    "sqlite": ("json_each(%s)", "json_extract(value, '$[{}]')"),
}

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
    half = _half_life(now, tokens.access_token_expires_at, tokens.refresh_token_expires_at)
    return now + max(half * random.uniform(*EARLIER), SHORTEST_RENEWAL)


def mean_interval(
    renewed_at: datetime, access_token_ends_at: datetime, refresh_token_ends_at: datetime | None
) -> timedelta:
    """From a renewal to the next, on average over many of them."""
    half = _half_life(renewed_at, access_token_ends_at, refresh_token_ends_at)
    return max(half * sum(EARLIER) / len(EARLIER), SHORTEST_RENEWAL)


def _half_life(begin: datetime, access_end: datetime, refresh_end: datetime | None) -> timedelta:
    return (min(access_end, refresh_end or access_end) - begin) / 2


class RenewableQuerySet(ClaimableQuerySet[Row]):
    def store_renewals(self, renewals: list[Renewal], *, now: datetime) -> set[int]:
        """`Grant.store` for many, in one transaction; returns the ids of those that came too late.

        One UPDATE for all that differ in nothing but their tokens: many times faster than one for
        each, and they share the moment of their next renewal.
        """
        alike: dict[Hashable, list[Renewal]] = defaultdict(list)
        for each in renewals:
            alike[each.tokens.facts].append(each)
        with transaction.atomic() if len(alike) > 1 else nullcontext():  # one statement needs none
            written = [self._write(group, now) for group in alike.values()]
        return {each.grant_id for each in renewals}.difference(*written)

    def _write(self, renewals: list[Renewal], now: datetime) -> set[int]:
        shared = columns(renewals[0].tokens, now)
        secret = [name for name in ("access_token", "refresh_token") if shared.pop(name, None)]
        prepared = [self._prepare(name, value) for name, value in shared.items()]
        rows = [
            [each.grant_id, each.version]
            + [self._prepare(name, getattr(each.tokens, name)) for name in secret]
            for each in renewals
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._update_statement([*shared], secret), [json.dumps(rows), *prepared])
            return {pk for (pk,) in cursor.fetchall()}

    def _prepare(self, name: str, value: Any) -> Any:
        field: Any = self.model._meta.get_field(name)
        return field.get_db_prep_save(value, connection)

    def _update_statement(self, shared: list[str], secret: list[str]) -> str:
        """The version fences each row: it is not written if somebody relinked meanwhile."""
        rows, cell = JSON_ROWS[connection.vendor]
        keys = [f"CAST({cell.format(place)} AS bigint)" for place in (0, 1)]
        tokens = [cell.format(place) for place, _name in enumerate(secret, start=2)]
        assigned = [f"{name} = %s" for name in shared]
        assigned += [f"{name} = fresh.{name}" for name in secret]
        return (
            f"WITH fresh ({', '.join(['pk', 'fence', *secret])}) "  # noqa: S608
            f"AS (SELECT {', '.join(keys + tokens)} FROM {rows}) "
            f"UPDATE {self.model._meta.db_table} SET {', '.join(assigned)}, "
            "version = version + 1, claimed_by = NULL, claimed_until = NULL "
            "FROM fresh WHERE id = pk AND version = fence RETURNING id"
        )
