"""How things stand: in all, on the start page of Settings → Webex, and for each integration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery, Sum, Value

from integrations.models import BrandedURL, Grant, RenewalMinute, WebexApp
from integrations.operations import health, readiness
from integrations.operations.cached_count import counted

WEEKS = 13  # a refresh token lives 90 days unless it is used
UNDATED, NEED_THE_USER, FAILING, DUE, RENEWED = range(WEEKS + 1, WEEKS + 6)


@dataclass(frozen=True)
class Week:
    """Active grants whose refresh token would die in it; without an end, all that come later."""

    begins: datetime
    grants: int
    is_open: bool = False


@dataclass(frozen=True)
class Dashboard:
    linked: int
    need_the_user: int
    failing: int
    paused: list[WebexApp]
    weeks: list[Week]
    first_red_at: datetime | None
    hostnames: int
    unready: list[tuple[WebexApp, readiness.Readiness]]
    enabled: int
    integrations: int
    background: health.Background
    due_now: int
    renewed: int  # in the last five minutes


@dataclass
class IntegrationFigures:
    readiness: readiness.Readiness
    brands: list[BrandedURL] = field(default_factory=list)
    linked: int = 0
    need_the_user: int = 0
    failing: int = 0
    last_renewed_at: datetime | None = None


def overall_figures(*, now: datetime) -> Dashboard:
    apps = list(WebexApp.objects.order_by("name"))
    facts = readiness.collect_facts(apps, now=now)
    checked = {app.pk: readiness.check_readiness(app, facts[app.pk], now=now) for app in apps}
    counts = counted("dashboard", lambda: _counts(now))
    weeks = [Week(now + timedelta(weeks=n), counts[n], n == WEEKS) for n in range(WEEKS + 1)]
    return Dashboard(
        linked=counts[UNDATED] + sum(week.grants for week in weeks),
        need_the_user=counts[NEED_THE_USER],
        failing=counts[FAILING],
        paused=[app for app in apps if app.is_paused(now)],
        weeks=weeks,
        first_red_at=health.first_red_at(),
        hostnames=sum(len(each.brands) for each in facts.values()),
        unready=[(app, checked[app.pk]) for app in apps if checked[app.pk].open],
        enabled=sum(app.is_enabled for app in apps),
        integrations=len(apps),
        background=health.background(now),
        due_now=counts[DUE],
        renewed=counts[RENEWED],
    )


def _counts(now: datetime) -> Counter[int]:
    """By number of week; then the rest. One statement of index-only counts.

    Grouping a million rows by week takes three times as long.
    """
    begins = [now + timedelta(weeks=number) for number in range(WEEKS + 1)]
    active = Grant.objects.active()
    death = "refresh_token_expires_at"
    parts: list[QuerySet[Grant]] = [active.filter(**{f"{death}__lt": begins[1]})]
    for begin, end in pairwise(begins[1:]):
        parts.append(active.filter(**{f"{death}__gte": begin, f"{death}__lt": end}))
    parts.append(active.filter(**{f"{death}__gte": begins[WEEKS]}))
    parts.append(active.filter(**{f"{death}__isnull": True}))
    parts.append(Grant.objects.filter(status=Grant.Status.CONSENT_LOST))
    parts.append(Grant.objects.failing())
    parts.append(health.due(now))
    queries: list[QuerySet[Any, Any]] = [
        part.order_by().values(part=Value(number)).annotate(grants=Count("*"))
        for number, part in enumerate(parts)
    ]
    lately = RenewalMinute.objects.filter(minute__gt=now - health.RECENTLY)
    queries.append(lately.values(part=Value(RENEWED)).annotate(grants=Sum("renewed")))
    rows = queries[0].union(*queries[1:], all=True)
    return Counter({row["part"]: row["grants"] or 0 for row in rows})  # a sum may be NULL


def figures_by_integration(
    apps: Sequence[WebexApp], *, now: datetime
) -> dict[int, IntegrationFigures]:
    """By primary key; as many queries for one integration as for a hundred."""
    facts = readiness.collect_facts(apps, now=now)
    figures = {}
    for app in apps:
        ready = readiness.check_readiness(app, facts[app.pk], now=now)
        figures[app.pk] = IntegrationFigures(ready, facts[app.pk].brands)
    grants = Grant.objects.filter(app__in=apps).order_by()
    live = grants.not_disconnected().values("app", "status").annotate(count=Count("*"))
    key = hash(tuple(figures))
    for row in counted(f"integrations.{key}", lambda: list(live)):
        is_linked = row["status"] == Grant.Status.ACTIVE
        setattr(figures[row["app"]], "linked" if is_linked else "need_the_user", row["count"])
    for pk, renewed_at, failing in _renewals(apps):
        figures[pk].last_renewed_at, figures[pk].failing = renewed_at, failing or 0
    return figures


def _renewals(apps: Sequence[WebexApp]) -> list[tuple[int, datetime | None, int | None]]:
    """The newest renewal is looked for among the grants that are due last: no scan, one index."""
    active = Grant.objects.active().filter(app=OuterRef(OuterRef("pk")))
    latest = active.order_by("-refresh_due_at").values("pk")[:20]
    candidates = Grant.objects.filter(pk__in=latest).order_by()
    newest = candidates.values("app").annotate(newest=Max("refreshed_at")).values("newest")
    failing = Grant.objects.failing().filter(app=OuterRef("pk")).order_by()
    per_app = failing.values("app").annotate(count=Count("*")).values("count")
    rows = WebexApp.objects.filter(pk__in=[app.pk for app in apps])
    return list(rows.values_list("pk", Subquery(newest), Subquery(per_app)))
