"""Rows that one process at a time works on: a claim is an UPDATE that only one of them wins.

A claim ends by itself, so that the rows of a killed process are free again without anybody's help.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar, cast

from django.db import connection, models
from django.db.models import Q

from integrations.clock import LEEWAY

Row = TypeVar("Row", bound=models.Model)


class ClaimableQuerySet(models.QuerySet[Row]):
    def unclaimed(self, now: datetime) -> Self:
        return self.filter(Q(claimed_until=None) | self._is_over(now))

    def _is_over(self, now: datetime) -> Q:
        return Q(claimed_until__lte=now) | Q(claimed_until__gt=self._latest_end(now))

    def _latest_end(self, now: datetime) -> datetime:
        longest: float = cast(Any, self.model).claim_seconds()
        return now + timedelta(seconds=longest) + LEEWAY

    def claimable(self, now: datetime) -> Self:
        return self.unclaimed(now)

    def claim(self, *, most: int, now: datetime, seconds: float) -> Self:
        """Claims up to `most` of these rows and returns them, in the order of this queryset."""
        claimed = self.claim_columns("id", most=most, now=now, seconds=seconds)
        rows: Any = self.model._default_manager.filter(pk__in=[pk for (pk,) in claimed])
        return cast(Self, rows.order_by(*self.query.order_by))

    def claim_columns(
        self, *columns: str, most: int, now: datetime, seconds: float
    ) -> list[tuple[Any, ...]]:
        """The same in one statement; returns raw values, so that encrypted ones stay ciphertext.

        On PostgreSQL rows that another process is just claiming are skipped. The UPDATE repeats the
        condition itself: a SELECT alone was seen to hand the same rows to two processes. And it
        chooses first: PostgreSQL may run a subquery once for each row, each time for other rows.
        """
        claim = [uuid.uuid4(), now + timedelta(seconds=seconds), now, self._latest_end(now)]
        kinds = ("claimed_by", "claimed_until", "claimed_until", "claimed_until")
        fields: list[Any] = [self.model._meta.get_field(kind) for kind in kinds]
        prepare = [field.get_db_prep_save for field in fields]
        values = [each(value, connection) for each, value in zip(prepare, claim, strict=True)]
        table = connection.ops.quote_name(self.model._meta.db_table)
        free = self.claimable(now).values("pk")[:most]
        chosen, parameters = free.query.sql_with_params()
        if connection.features.has_select_for_update_skip_locked:
            chosen += " " + connection.ops.for_update_sql(skip_locked=True, of=[table])
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH chosen (pk) AS MATERIALIZED ({chosen}) "  # noqa: S608
                f"UPDATE {table} SET claimed_by = %s, claimed_until = %s "
                "WHERE id IN (SELECT chosen.pk FROM chosen) "
                "AND (claimed_until IS NULL OR claimed_until <= %s OR claimed_until > %s) "
                f"RETURNING {', '.join(columns)}",
                [*parameters, *values],
            )
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


class Claimable(models.Model):
    claimed_by = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @staticmethod
    def claim_seconds() -> float:
        """How long a claim can last."""
        raise NotImplementedError

    def claim(self, *, now: datetime, seconds: float, **columns: Any) -> bool:
        """Takes this one row, if it is still as it was read; `columns` change with it."""
        claimed_by, claimed_until = uuid.uuid4(), now + timedelta(seconds=seconds)
        row = self.rows_as_read().claimable(now)
        if row.update(claimed_by=claimed_by, claimed_until=claimed_until, **columns) != 1:
            return False
        self.claimed_by, self.claimed_until = claimed_by, claimed_until
        return True

    def rows_as_read(self) -> ClaimableQuerySet[Self]:
        """This row, unless somebody changed what matters since it was read."""
        raise NotImplementedError
