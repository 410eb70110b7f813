"""How the renewals of each integration are doing, in figures; `renewals` says what is trouble."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from statistics import fmean
from typing import Any

from django.core.cache import cache
from django.db.models import Count, DateTimeField, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast

from accounts.models import User
from integrations.models import AppIncident, Grant, WebexApp, administered
from integrations.models.limited_administrator import limits_of
from integrations.models.renewal import mean_interval
from integrations.operations.cached_count import counted
from integrations.renewal import rate_limit
from integrations.webex.answers import TOKEN_LIMIT

OVERDUE = timedelta(hours=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ONE_DRAIN = timedelta(minutes=2)  # what it renews is written before what it doubts
SEVERAL = 5  # minutes of work at full speed; fewer are due now and then
IN_SIGHT = timedelta(days=30)
PACES_KEPT = 600  # seconds: lives hardly change
OWN = Q(last_error=TOKEN_LIMIT) | Q(right_lost_at__isnull=False) | Q(user__is_active=False)
SAMPLE = 500  # grants, at most, whose tokens' lives are looked at


@dataclass(frozen=True)
class Renewals:
    """Of one integration. Whoever has too many sessions at Webex is failing and no trouble."""

    linked: int = 0
    lost: int = 0
    failing: int = 0
    troubled: int = 0
    troubled_since: datetime | None = None
    late: int = 0  # troubled for more than an hour
    untried: int = 0  # due for more than an hour, and nobody tried
    untried_since: datetime | None = None
    due: int = 0  # now
    pace: float = 0.0  # renewals a minute that one grant needs on average; 0: not known
    renewed_at: datetime | None = None  # the last of them
    last_error: str | None = None
    last_tracking_id: str | None = None
    fresh_since: datetime | None = None  # troubled, and nobody was renewed since they began to fail
    fresh_error: str = ""
    fresh_tracking_id: str = ""
    is_fresh_alone: bool = False
    incident_reason: str | None = None
    incident_since: datetime | None = None

    @property
    def overdue(self) -> int:
        return self.late + self.untried

    def has_renewed_since(self, moment: datetime | None) -> bool:
        return bool(moment and self.renewed_at and self.renewed_at > moment)

    @property
    def share_of_limit(self) -> float:
        """1: as many come due as the rate limit lets through; 0 also where there is no limit."""
        return self.linked * self.pace / rate_limit.calls_per_minute()

    @property
    def is_behind(self) -> bool:
        return self.due > SEVERAL * rate_limit.calls_per_minute()

    def caught_up_at(self, now: datetime) -> datetime | None:
        """At the speed of the limit, while more comes due. None: no end is in sight."""
        spare = rate_limit.calls_per_minute() * (1 - self.share_of_limit)
        if self.due > spare * IN_SIGHT / timedelta(minutes=1):
            return None
        return now + timedelta(minutes=self.due / spare) if self.due else now


def collect(
    apps: Sequence[WebexApp], *, now: datetime, by: User | None = None
) -> dict[int, Renewals]:
    """By primary key; as many queries for one integration as for a hundred, and one for each where
    somebody fails. Of what `by` sees."""
    keys = [app.pk for app in apps if app.pk]
    found = dict.fromkeys(keys, Renewals())
    limits = limits_of(by)
    name = f"renewals.{hash((*keys, 0, *sorted(limits.ids)) if limits else tuple(keys))}"
    paces = cache.get_or_set(f"{name}.paces", lambda: _paces(keys), PACES_KEPT) or []
    latest = _latest(keys)
    counts = counted(name, lambda: _counts(keys, now, by))
    for pk, facts in counts + paces + latest + _fresh(latest):
        found[pk] = replace(found[pk], **facts)
    return found


Facts = list[tuple[int, dict[str, Any]]]


def _counts(keys: list[int], now: datetime, by: User | None) -> Facts:
    """One statement; each of its parts reads an index of its own."""
    grants = administered.visible(Grant.objects.filter(app__in=keys).order_by(), by)
    troubled = grants.failing().exclude(OWN)
    untried = grants.active().filter(failing_since=None, refresh_due_at__lte=now - OVERDUE)
    parts = {
        "linked": grants.active(),
        "lost": grants.filter(status=Grant.Status.CONSENT_LOST),
        "failing": grants.failing(),
        "troubled": troubled,
        # Each failure moves the due moment, so how late it is counts from the first failure.
        "late": troubled.filter(failing_since__lte=now - OVERDUE),
        "untried": untried.exclude(OWN),
        "due": grants.active().filter(refresh_due_at__lte=now),
    }
    first = {"troubled": Min("failing_since"), "untried": Min("refresh_due_at")}
    nothing = Cast(Value(None), DateTimeField())  # PostgreSQL takes a bare NULL for a text
    queries: list[Any] = [
        part.values("app", part=Value(name)).annotate(
            count=Count("*"), first=first.get(name, nothing)
        )
        for name, part in parts.items()
    ]
    facts: Facts = []
    for row in queries[0].union(*queries[1:], all=True):
        name, app = row["part"], row["app"]
        facts.append((app, {name: row["count"]}))
        if name in first:
            facts.append((app, {f"{name}_since": row["first"]}))
    return facts


def _latest(keys: list[int]) -> Facts:
    """The newest renewal is looked for among the grants that are due last: no scan, one index."""
    active = Grant.objects.active().filter(app=OuterRef(OuterRef("pk")))
    last_due = active.order_by("-refresh_due_at").values("pk")[:20]
    candidates = Grant.objects.filter(pk__in=last_due).order_by().values("app")
    newest = candidates.annotate(newest=Max("refreshed_at")).values("newest")
    failing = Grant.objects.failing().filter(app=OuterRef("pk"))
    failing = failing.exclude(last_error=TOKEN_LIMIT).order_by("failing_since")
    incident = AppIncident.objects.filter(app=OuterRef("pk"), ended_at=None)
    columns: dict[str, Any] = {
        "renewed_at": Subquery(newest),
        "last_error": Subquery(failing.values("last_error")[:1]),
        "last_tracking_id": Subquery(failing.values("last_tracking_id")[:1]),
        "incident_reason": Subquery(incident.values("reason")[:1]),
        "incident_since": Subquery(incident.values("began_at")[:1]),
    }
    rows = WebexApp.objects.filter(pk__in=keys).values_list("pk", *columns.values())
    return [(pk, dict(zip(columns, facts, strict=True))) for pk, *facts in rows]


def _fresh(latest: Facts) -> Facts:
    """Whoever fails while somebody is renewed does so for reasons of their own.

    A query for each integration where somebody fails: in one for all, PostgreSQL cannot know how
    few of a million grants it is about, and compiles for half a second what takes a millisecond.
    """
    found = []
    for app, facts in latest:
        if facts["last_error"] is None:
            continue
        since = (facts["renewed_at"] or LONG_AGO) - ONE_DRAIN
        fresh = Grant.objects.failing().filter(app=app, failing_since__gt=since).exclude(OWN)
        columns = "failing_since", "last_error", "last_tracking_id"
        rows = list(fresh.order_by("failing_since").values_list(*columns)[:2])
        names = "fresh_since", "fresh_error", "fresh_tracking_id"
        for first in rows[:1]:
            alone = {"is_fresh_alone": len(rows) == 1}
            found.append((app, dict(zip(names, first, strict=True)) | alone))
    return found


def _paces(keys: list[int]) -> Facts:
    """From the lives of some grants' tokens, always the same ones, spread over the table."""
    if rate_limit.calls_per_minute() == inf:
        return []
    ids = Grant.objects.order_by("pk").values_list("pk", flat=True)
    first, last = ids.first() or 0, ids.last() or 0
    step = 1 | 1 << ((last - first) // SAMPLE).bit_length()
    some = Grant.objects.active().filter(app__in=keys, pk__in=range(first, last + 1, step))
    known = some.exclude(Q(refreshed_at=None) | Q(access_token_expires_at=None))
    lives: Any = known.values_list(
        "app", "refreshed_at", "access_token_expires_at", "refresh_token_expires_at"
    )
    paces: defaultdict[int, list[float]] = defaultdict(list)
    for app, *life in lives:
        paces[app].append(timedelta(minutes=1) / mean_interval(*life))
    return [(app, {"pace": fmean(found)}) for app, found in paces.items()]
