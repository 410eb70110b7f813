"""How things stand: in all, on the start page of Settings → Webex, and for each integration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value

from accounts.models import User
from integrations.models import BrandedURL, Grant, RenewalMinute, WebexApp, administered
from integrations.operations import health, readiness
from integrations.operations.cached_count import counted
from integrations.operations.renewal_figures import Renewals

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
    returned: int  # hostnames to which Webex sent a browser back
    unready: list[tuple[WebexApp, readiness.Readiness]]
    enabled: int
    integrations: int
    background: health.Background
    trouble: list[health.Trouble]  # the worst first
    due_now: int
    renewed: int  # in the last five minutes


@dataclass(frozen=True)
class Theirs:
    """Of somebody who administers some hostnames."""

    brands: list[BrandedURL]
    linked: int
    need_the_user: int
    failing: int
    paused: list[WebexApp]


@dataclass(frozen=True)
class IntegrationFigures:
    readiness: readiness.Readiness | None  # None: not all of it is theirs who look at it
    brands: list[BrandedURL]
    renewals: Renewals


def overall_figures(*, now: datetime) -> Dashboard:
    apps = list(WebexApp.objects.order_by("name"))
    facts = readiness.collect_facts(apps, now=now)
    checked = {app.pk: readiness.check_readiness(app, facts[app.pk], now=now) for app in apps}
    brands = [brand for each in facts.values() for brand in each.brands]
    running = health.background(now)
    enabled = [(app, checked[app.pk]) for app in apps if app.is_enabled]
    counts = counted("dashboard", lambda: _counts(now))
    weeks = [Week(now + timedelta(weeks=n), counts[n], n == WEEKS) for n in range(WEEKS + 1)]
    return Dashboard(
        linked=counts[UNDATED] + sum(week.grants for week in weeks),
        need_the_user=counts[NEED_THE_USER],
        failing=counts[FAILING],
        paused=[app for app in apps if app.is_paused(now)],
        weeks=weeks,
        first_red_at=health.first_red_at(),
        hostnames=len(brands),
        returned=sum(bool(brand.last_return_at) for brand in brands),
        unready=[(app, checked[app.pk]) for app in apps if checked[app.pk].to_do],
        enabled=len(enabled),
        integrations=len(apps),
        background=running,
        trouble=health.find_trouble(running, enabled, now=now),
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


def figures_of(user: User, *, now: datetime) -> Theirs:
    grants = administered.visible(Grant.objects.order_by(), user)
    counts = grants.aggregate(
        linked=Count("pk", filter=Q(status=Grant.Status.ACTIVE)),
        need_the_user=Count("pk", filter=Q(status=Grant.Status.CONSENT_LOST)),
        failing=Count("pk", filter=Q(status=Grant.Status.ACTIVE, failing_since__isnull=False)),
    )
    brands = BrandedURL.objects.select_related("app").defer("logo").order_by("hostname")
    apps = administered.visible(WebexApp.objects.order_by("name"), user)
    paused = [app for app in apps if app.is_paused(now)]
    return Theirs(list(administered.visible(brands, user)), paused=paused, **counts)


def figures_by_integration(
    apps: Sequence[WebexApp], *, now: datetime, by: User
) -> dict[int, IntegrationFigures]:
    """By primary key; as many queries for one integration as for a hundred."""
    facts = readiness.collect_facts(apps, now=now, by=by)
    whole = administered.changeable_of(apps, by)
    return {app.pk: _figures(app, facts[app.pk], app in whole, now) for app in apps}


def _figures(
    app: WebexApp, facts: readiness.Facts, is_whole: bool, now: datetime
) -> IntegrationFigures:
    if is_whole:
        checked = readiness.check_readiness(app, facts, now=now)
        return IntegrationFigures(checked, facts.brands, facts.renewals)
    theirs = {name: getattr(facts.renewals, name) for name in ("linked", "lost", "failing")}
    return IntegrationFigures(None, facts.brands, Renewals(**theirs))
