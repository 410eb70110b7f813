"""Counters of all processes together, so that any web process can show them to Prometheus."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, models, transaction

from integrations.counting import Series

KEPT = timedelta(days=90)  # after it last counted

ADD = """
    INSERT INTO integrations_count (series, value, counted_at) VALUES (%s, %s, %s)
    ON CONFLICT (series) DO UPDATE
    SET value = integrations_count.value + excluded.value, counted_at = excluded.counted_at
"""


class CountQuerySet(models.QuerySet["Count"]):
    def add(self, counts: dict[Series, float], *, now: datetime) -> None:
        """In one order, so that no two processes wait for each other."""
        moment = Count._meta.get_field("counted_at").get_db_prep_value(now, connection)
        rows = sorted((json.dumps(series), value, moment) for series, value in counts.items())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(ADD, rows)

    def each(self) -> Iterator[tuple[Series, float]]:
        for text, value in self.values_list("series", "value"):
            name, labels = json.loads(text)
            yield (name, tuple((label, of) for label, of in labels)), value

    def forgettable(self, now: datetime) -> "CountQuerySet":
        return self.filter(counted_at__lt=now - KEPT)


class Count(models.Model):
    series = models.CharField(max_length=1000, primary_key=True)  # JSON: a name and its labels
    value = models.FloatField()
    counted_at = models.DateTimeField()

    objects = CountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.series
