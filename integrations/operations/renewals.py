"""How the renewals of each integration are doing, and what of it is trouble.

The one place that decides: overview, panel, list, `status`, `check_registration`, probes and
metrics all show what is found here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from integrations.models import AppIncident, Grant, WebexApp, administered
from integrations.models.limited_administrator import limits_of
from integrations.operations.cached_count import counted
from integrations.operations.causes import Cause
from integrations.operations.check import Check, Level
from integrations.renewal.refusal_policy import Client
from integrations.webex.answers import TOKEN_LIMIT

OVERDUE = timedelta(hours=1)
TABS = {"client": "general", "previous_secret": "general"}  # where it is mended, if on its page
ONE_DRAIN = timedelta(minutes=2)  # what it renews is written before what it doubts


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
    renewed_at: datetime | None = None  # the last of them
    last_error: str | None = None
    last_tracking_id: str | None = None
    incident_reason: str | None = None
    incident_since: datetime | None = None

    @property
    def overdue(self) -> int:
        return self.late + self.untried

    def has_renewed_since(self, moment: datetime | None) -> bool:
        return bool(moment and self.renewed_at and self.renewed_at > moment)


def collect(
    apps: Sequence[WebexApp], *, now: datetime, by: User | None = None
) -> dict[int, Renewals]:
    """By primary key; as many queries for one integration as for a hundred. Of what `by` sees."""
    keys = [app.pk for app in apps if app.pk]
    found = dict.fromkeys(keys, Renewals())
    limits = limits_of(by)
    name = f"renewals.{hash((*keys, 0, *sorted(limits.ids)) if limits else tuple(keys))}"
    for pk, facts in counted(name, lambda: _counts(keys, now, by)) + _latest(keys):
        found[pk] = replace(found[pk], **facts)
    return found


Facts = list[tuple[int, dict[str, Any]]]


def _counts(keys: list[int], now: datetime, by: User | None) -> Facts:
    """One statement; each of its parts reads an index of its own."""
    grants = administered.visible(Grant.objects.filter(app__in=keys).order_by(), by)
    own = Q(last_error=TOKEN_LIMIT) | Q(right_lost_at__isnull=False) | Q(user__is_active=False)
    troubled = grants.failing().exclude(own)
    untried = grants.active().filter(failing_since=None, refresh_due_at__lte=now - OVERDUE)
    parts = {
        "linked": grants.active(),
        "lost": grants.filter(status=Grant.Status.CONSENT_LOST),
        "failing": grants.failing(),
        "troubled": troubled,
        # Each failure moves the due moment, so how late it is counts from the first failure.
        "late": troubled.filter(failing_since__lte=now - OVERDUE),
        "untried": untried.exclude(own),
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


# --- What of it is trouble ----------------------------------------------------------------------


def find_trouble(app: WebexApp, renewals: Renewals, *, now: datetime) -> list[Check]:
    """The worst first. None for an integration that is off: nobody expects it to renew."""
    if not app.is_enabled:
        return []
    stops_all = (
        _refused_client(app, renewals, now)
        or _paused(app, renewals, now)
        or _everything_fails(renewals, now)
    )
    found = [stops_all] if stops_all else [*_incident(renewals, now), *_overdue(renewals, now)]
    found += [*_previous_secret(app, now), *_lost(renewals)]
    found = [replace(check, is_trouble=True, tab=TABS.get(check.code, "")) for check in found]
    return sorted(found, key=lambda check: list(Level).index(check.level))


def refuses_client(app: WebexApp, renewals: Renewals) -> bool:
    """Not if somebody was renewed since it said so."""
    is_refused = app.client_answer == Client.REFUSED or Cause.of(app.pause_reason).is_the_client
    return is_refused and not renewals.has_renewed_since(app.client_asked_at)


def _refused_client(app: WebexApp, renewals: Renewals, now: datetime) -> Check | None:
    if not refuses_client(app, renewals):
        return None
    cause = Cause.of(app.pause_reason)
    since = renewals.incident_since or app.client_asked_at
    sentence = _("Webex refuses the client ID and secret.")
    step = _("Nothing is renewed and nobody can link, since %(since)s.")
    step %= {"since": in_words(since, now) if since else _("a while")}
    step += f" {cause.next_step}"
    return Check(
        "client", Level.BLOCKS, sentence, step, since=since, until=app.refresh_paused_until,
        tracking_id=cause.tracking_id, can_resume=app.is_paused(now),
    )  # fmt: skip


def _previous_secret(app: WebexApp, now: datetime) -> Iterable[Check]:
    used_at = app.previous_client_secret_used_at
    if app.relies_on_previous_secret and used_at:
        sentence = _("Webex refuses the new client secret; the one before it works and is used.")
        step = _(
            "Copy the secret again from developer.webex.com; what you save is tried at once. "
            "Nothing stops until Webex ends the one before it, which it accepted at %(at)s."
        ) % {"at": in_words(used_at, now)}
        yield Check("previous_secret", Level.ASKS, sentence, step, since=app.client_secret_set_at)


def _paused(app: WebexApp, renewals: Renewals, now: datetime) -> Check | None:
    """Between two attempts a pause is still one: nothing was renewed yet."""
    since = renewals.incident_since
    if not app.is_paused(now) and not (app.pause_reason and since):
        return None
    cause = Cause.of(app.pause_reason)
    until = app.refresh_paused_until if app.is_paused(now) else None
    values = {"cause": cause.in_words, "until": in_words(until, now) if until else ""}
    if cause.is_a_wait and until:
        sentence = _("Webex asked us to wait until %(until)s.")
    elif until:
        sentence = _("%(cause)s Renewals are tried again at %(until)s.")
    else:
        sentence = _("%(cause)s Renewals are being tried again.")
    sentence %= values
    if since:
        sentence += " " + _("It began at %(since)s.") % {"since": in_words(since, now)}
    is_long = _is_past(since, now) or bool(renewals.overdue)
    level = Level.BLOCKS if is_long and _is_stalled(renewals, now) else Level.ASKS
    step = cause.next_step or _("Renewals go on by themselves then; nobody has to link again.")
    return Check(
        "paused", level, sentence, step, since=since, until=until, tracking_id=cause.tracking_id,
        can_resume=bool(until) and not cause.is_a_wait,
    )  # fmt: skip


def _everything_fails(renewals: Renewals, now: datetime) -> Check | None:
    since = renewals.troubled_since
    if since is None or renewals.has_renewed_since(since - ONE_DRAIN):
        return None
    cause = Cause.of(renewals.last_error or "")
    values = {"n": renewals.troubled, "since": in_words(since, now), "cause": cause.in_words}
    sentence = ngettext(
        "No renewal succeeded since %(since)s; %(n)d user waits. %(cause)s",
        "No renewal succeeded since %(since)s; %(n)d users wait. %(cause)s",
        renewals.troubled,
    )
    level = Level.BLOCKS if _is_past(since, now) else Level.ASKS
    return Check(
        "failing", level, sentence % values, cause.next_step or _still_linked(), since=since,
        tracking_id=renewals.last_tracking_id or "",
    )  # fmt: skip


def _incident(renewals: Renewals, now: datetime) -> Iterable[Check]:
    if since := renewals.incident_since:
        cause = Cause.of(renewals.incident_reason or "")
        values = {"cause": cause.in_words, "since": in_words(since, now)}
        sentence = _("Some renewals fail, others succeed, since %(since)s. %(cause)s") % values
        step = _("See whom it concerns, and of which organisation: Grants, “failing now”.")
        yield Check(
            "incident", Level.ASKS, sentence, step, since=since, tracking_id=cause.tracking_id
        )


def _overdue(renewals: Renewals, now: datetime) -> Iterable[Check]:
    if renewals.late:
        sentence = ngettext(
            "%(n)d user could not be renewed for more than an hour. %(cause)s",
            "%(n)d users could not be renewed for more than an hour. %(cause)s",
            renewals.late,
        )
        cause = Cause.of(renewals.last_error or "")
        sentence %= {"n": renewals.late, "cause": cause.in_words}
        since, tracking_id = renewals.troubled_since, renewals.last_tracking_id or ""
        step = cause.next_step or _still_linked()
        yield Check("late", Level.ASKS, sentence, step, since=since, tracking_id=tracking_id)
    if renewals.untried:
        sentence = ngettext(
            "%(n)d renewal has been due for more than an hour, since %(since)s, and was not tried.",
            "%(n)d renewals have been due for more than an hour, the first since %(since)s, "
            "and were not tried.",
            renewals.untried,
        )
        since = renewals.untried_since
        sentence %= {"n": renewals.untried, "since": in_words(since, now) if since else ""}
        step = _("Do worker, beat and broker run? If so, start more workers.")
        level = Level.BLOCKS if _is_stalled(renewals, now) else Level.ASKS
        yield Check("overdue", level, sentence, step, since=since)


def _lost(renewals: Renewals) -> Iterable[Check]:
    """One person who goes is no trouble; all of them, or most of them, are."""
    lost, known = renewals.lost, renewals.lost + renewals.linked
    if lost and not renewals.linked:
        sentence = ngettext(
            "Nobody is linked any more: %(n)d user must link again.",
            "Nobody is linked any more: %(n)d users must link again.",
            lost,
        ) % {"n": lost}
        level = Level.BLOCKS if lost > 1 else Level.ASKS
    elif 2 * lost > known:
        sentence = _("More than half of all users, %(lost)d of %(known)d, must link again.")
        sentence, level = sentence % {"lost": lost, "known": known}, Level.ASKS
    else:
        return
    step = _("Find out why before they do: Events says when, why and Webex's tracking ID of each.")
    yield Check("lost", level, sentence, step)


def _is_stalled(renewals: Renewals, now: datetime) -> bool:
    return not renewals.has_renewed_since(now - OVERDUE)


def _is_past(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= OVERDUE


def _still_linked() -> str:
    return _("The users stay linked, and their renewals are tried again.")


def in_words(moment: datetime, now: datetime) -> str:
    """“21:25:10 UTC”; with its date on another day."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    is_today = local.date() == today.date()
    return formats.date_format(local, "EXACT_TIME_FORMAT" if is_today else "EXACT_DATETIME_FORMAT")
