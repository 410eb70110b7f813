"""Rows that one process at a time works on: a claim is an UPDATE that only one of them wins.

A claim ends by itself, so that the rows of a killed process are free again without anybody's help.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q


class ClaimableQuerySet(models.QuerySet[Any]):
    def unclaimed(self, now: datetime) -> Self:
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=now))

    def claim(self, *, most: int, now: datetime, seconds: float) -> list[Any]:
        """Claims up to `most` of these rows and returns them, in the order of this queryset.

        On PostgreSQL rows that another process is just claiming are skipped. The UPDATE repeats the
        condition itself: a SELECT alone was seen to hand the same rows to two processes.
        """
        claim = {"claimed_by": uuid.uuid4(), "claimed_until": now + timedelta(seconds=seconds)}
        with transaction.atomic():
            free = self.unclaimed(now).select_for_update(skip_locked=True, of=("self",))
            chosen = list(free.values_list("pk", flat=True)[:most])
            rows = self.model._default_manager.filter(pk__in=chosen)
            rows.unclaimed(now).update(**claim)
        return list(self.filter(claimed_by=claim["claimed_by"]))


class Claimable(models.Model):
    claimed_by = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def claim(self, *, now: datetime, seconds: float) -> bool:
        """Takes this one row, if it is still as it was read."""
        claimed_by, claimed_until = uuid.uuid4(), now + timedelta(seconds=seconds)
        row = self.rows_as_read().unclaimed(now)
        if row.update(claimed_by=claimed_by, claimed_until=claimed_until) != 1:
            return False
        self.claimed_by, self.claimed_until = claimed_by, claimed_until
        return True

    def rows_as_read(self) -> ClaimableQuerySet:
        """This row, unless somebody changed what matters since it was read."""
        raise NotImplementedError
