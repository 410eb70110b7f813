"""What a list says about each integration, in as many queries for one as for a hundred."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, OuterRef, Subquery

from integrations.models import BrandedURL, Grant, WebexApp
from integrations.operations import readiness
from integrations.operations.cached_count import counted


@dataclass
class Figures:
    readiness: readiness.Readiness
    brands: list[BrandedURL] = field(default_factory=list)
    linked: int = 0
    need_the_user: int = 0
    failing: int = 0
    last_renewed_at: datetime | None = None


def of(apps: list[WebexApp], *, now: datetime) -> dict[int, Figures]:
    facts = readiness.facts_of(apps, now=now)
    figures = {
        app.pk: Figures(readiness.judge(app, facts[app.pk], now=now), facts[app.pk].brands)
        for app in apps
    }
    grants = Grant.objects.filter(app__in=apps).order_by()
    live = grants.not_disconnected().values("app", "status").annotate(count=Count("*"))
    key = ",".join(str(app.pk) for app in apps)
    for row in counted(f"integrations.{key[:200]}", lambda: list(live)):
        is_linked = row["status"] == Grant.Status.ACTIVE
        setattr(figures[row["app"]], "linked" if is_linked else "need_the_user", row["count"])
    for pk, renewed_at, failing in _renewals(apps):
        figures[pk].last_renewed_at, figures[pk].failing = renewed_at, failing or 0
    return figures


def _renewals(apps: list[WebexApp]) -> list[tuple[int, datetime | None, int | None]]:
    """The newest renewal is looked for among the grants that are due last: no scan, one index."""
    active = Grant.objects.active().filter(app=OuterRef(OuterRef("pk")))
    latest = active.order_by("-refresh_due_at").values("pk")[:20]
    candidates = Grant.objects.filter(pk__in=latest).order_by()
    newest = candidates.values("app").annotate(newest=Max("refreshed_at")).values("newest")
    failing = Grant.objects.failing().filter(app=OuterRef("pk")).order_by()
    per_app = failing.values("app").annotate(count=Count("*")).values("count")
    rows = WebexApp.objects.filter(pk__in=[app.pk for app in apps])
    return list(rows.values_list("pk", Subquery(newest), Subquery(per_app)))
