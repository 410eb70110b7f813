"""What happened lately, for pictures: renewals and lost consents by hour or day, and incidents."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from integrations.actions import Action
from integrations.models import AppIncident, AuditEvent, RenewalMinute
from integrations.operations.cached_count import counted

DAYS, HOURS = 30, 24
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Slot:
    """An hour or a day (UTC)."""

    begins: datetime
    renewed: int
    lost: int


@dataclass(frozen=True)
class Incident:
    """As shares of the days that are shown: 0 is their beginning, 1 is now."""

    name: str
    reason: str
    began_at: datetime
    ended_at: datetime | None
    begins: float
    lasts: float


@dataclass(frozen=True)
class Activity:
    hours: list[Slot]
    days: list[Slot]
    incidents: list[Incident]

    @property
    def is_any(self) -> bool:
        return any(slot.renewed or slot.lost for slot in self.days)


def lately(*, now: datetime) -> Activity:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    today = this_hour.replace(hour=0)
    renewed, lost = counted("activity", lambda: _by_hour(today - DAY * (DAYS - 1)))
    hours = [this_hour - HOUR * back for back in reversed(range(HOURS))]
    days = [today - DAY * back for back in reversed(range(DAYS))]
    return Activity(
        [Slot(each, renewed[each], lost[each]) for each in hours],
        [Slot(each, _of_day(each, renewed), _of_day(each, lost)) for each in days],
        _incidents(since=now - DAY * DAYS, now=now),
    )


def _by_hour(since: datetime) -> tuple[Counter[datetime], Counter[datetime]]:
    minutes = RenewalMinute.objects.filter(minute__gte=since)
    renewed = minutes.values(hour=TruncHour("minute", tzinfo=UTC)).annotate(n=Sum("renewed"))
    events = AuditEvent.objects.filter(at__gte=since, action=Action.GRANT_CONSENT_LOST)
    lost = events.order_by().values(hour=TruncHour("at", tzinfo=UTC)).annotate(n=Count("pk"))
    return _counter(renewed), _counter(lost)


def _counter(rows: QuerySet[Any, Any]) -> Counter[datetime]:
    return Counter({row["hour"]: row["n"] for row in rows})


def _of_day(day: datetime, counts: Counter[datetime]) -> int:
    return sum(counts[day + HOUR * hour] for hour in range(24))


def _incidents(*, since: datetime, now: datetime) -> list[Incident]:
    seen = AppIncident.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    whole = now - since
    return [
        Incident(
            each.app.name,
            each.reason,
            each.began_at,
            each.ended_at,
            max(each.began_at - since, timedelta()) / whole,
            ((each.ended_at or now) - max(each.began_at, since)) / whole,
        )
        for each in seen.select_related("app").order_by("app__name", "began_at")[:200]
    ]
