"""How the background work is doing: for the dashboard, `manage.py status`, probes and metrics."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from integrations.database import schema
from integrations.models import (
    AppIncident,
    Grant,
    GrantEvent,
    Heartbeat,
    KeyCanary,
    RenewalMinute,
    WebexApp,
    WebhookEndpoint,
)
from integrations.operations import (
    api_keys,
    identity_providers,
    readiness,
    sweeps,
    webhooks,
    workers,
)
from integrations.operations.cached_count import counted
from integrations.operations.check import Check, Level, worst
from integrations.operations.readiness import Readiness
from integrations.operations.renewals import in_words
from integrations.plain_text import grouped
from integrations.renewal.sweep import SWEEP

BEAT, WORKER, WRONG_KEY = "beat", "worker ", "wrong key "
CLOCKS_DIFFER = 30.0  # seconds
RECENTLY = timedelta(minutes=5)
MOST_UNSENT = 1000  # counted
SOON_SENT = timedelta(minutes=15)  # longer than a first refusal, which many servers make a rule
IN_WORDS = {  # programs read them in English
    Level.BLOCKS: gettext_noop("act now"),
    Level.ASKS: gettext_noop("look soon"),
    Level.FINE: gettext_noop("all is well"),
}


@dataclass(frozen=True)
class Figures:
    linked: int
    needs_user: int
    failing: int
    due_now: int
    overdue: int  # since they first were due, for more than an hour
    renewed: int  # in the last five minutes
    waiting_since: datetime | None  # of all that is due or fails, since it first was

    @property
    def renewed_per_minute(self) -> float:
        return self.renewed / (RECENTLY.total_seconds() / 60)


@dataclass(frozen=True)
class Background:
    """Read from the database, without asking the broker. Moments are None where it never was."""

    last_sweep_at: datetime | None
    beat_at: datetime | None
    workers: dict[str, datetime]
    is_late: bool
    clocks: dict[str, float]  # seconds ahead of the database's, of processes where it matters
    wrong_keys: list[str]  # hosts
    gone: dict[str, datetime] = field(default_factory=dict)  # workers that nobody stopped
    unsent: int = 0  # mails that nobody could send yet
    unsent_since: datetime | None = None


@dataclass(frozen=True)
class Trouble:
    check: Check
    app: WebexApp | None = None  # None: all of them

    @property
    def level_in_words(self) -> str:
        return _("Act now") if self.check.level is Level.BLOCKS else _("Look soon")

    def __str__(self) -> str:
        text = f"{self.check.sentence} {self.check.next_step}".strip()
        if self.check.tracking_id:
            text += " " + _("Tracking ID: %s.") % self.check.tracking_id
        return f"{self.app}: {text}" if self.app else text


@dataclass(frozen=True)
class Report:
    background: Background
    first_red_at: datetime | None  # if nothing were renewed from now on
    figures: Figures
    paused: list[WebexApp]
    trouble: list[Trouble]  # the worst first; none: all is well
    levels: dict[str, Level]  # of each enabled integration, by name
    shares: dict[str, float]  # of the rate limit that their renewals take

    @property
    def level(self) -> Level:
        return worst_of(self.trouble)


def beat(name: str, *, now: datetime, clock_ahead: float | None = None) -> None:
    Heartbeat.objects.beat(name, now=now, clock_ahead=clock_ahead)


def background(now: datetime) -> Background:
    beats = {each.name: each for each in Heartbeat.objects.until(now)}
    here = {name: each for name, each in beats.items() if not each.has_left}
    recent = {name: each for name, each in here.items() if now - each.at < RECENTLY}
    ahead = {name: each.clock_ahead or 0.0 for name, each in recent.items()}
    last_sweep_at = beats[SWEEP].at if SWEEP in beats else None
    is_late = sweeps.is_late(last_sweep_at, now)
    all_workers = [here[WORKER + name] for name in _named(WORKER, here)]
    return Background(
        last_sweep_at=last_sweep_at,
        beat_at=beats[BEAT].at if BEAT in beats else None,
        workers={name: recent[WORKER + name].at for name in _named(WORKER, recent)},
        is_late=is_late,
        clocks={name: by for name, by in ahead.items() if abs(by) > CLOCKS_DIFFER},
        wrong_keys=_named(WRONG_KEY, recent),
        # Without a broker all fall silent: what is said then is that nothing is renewed.
        gone={} if is_late else workers.gone(all_workers, now),
        **_unsent_mails(),
    )


def _unsent_mails() -> dict[str, Any]:
    first, *others = [
        AppIncident.objects.untold().values(due_at=Coalesce("ended_at", "began_at")),
        GrantEvent.objects.untold().order_by().values(due_at=F("at")),
        WebhookEndpoint.objects.untold().values(due_at=F("off_at")),
    ]
    moments = [row["due_at"] for row in first.union(*others, all=True)[:MOST_UNSENT]]
    return {"unsent": len(moments), "unsent_since": min(moments, default=None)}


def _named(kind: str, beats: Iterable[str]) -> list[str]:
    return sorted(name.removeprefix(kind) for name in beats if name.startswith(kind))


def report(now: datetime) -> Report:
    running, checked = background(now), check_enabled(now)
    return Report(
        background=running,
        first_red_at=first_red_at(),
        figures=_figures(now, checked),
        paused=[app for app, _ready in checked if app.is_paused(now)],
        trouble=find_trouble(running, checked, now=now),
        levels={app.name: ready.trouble_level for app, ready in checked},
        shares={app.name: ready.renewals.share_of_limit for app, ready in checked},
    )


Checked = list[tuple[WebexApp, Readiness]]


def check_enabled(now: datetime) -> Checked:
    apps = list(WebexApp.objects.filter(is_enabled=True).order_by("name"))
    checked = readiness.check_all(apps, now=now)
    return [(app, checked[app.pk]) for app in apps]


def find_trouble(running: Background, checked: Checked, *, now: datetime) -> list[Trouble]:
    """Of the processes and of every integration: the one answer behind all that report on it."""
    found = [Trouble(check, app) for app, ready in checked for check in ready.trouble]
    if running.is_late:
        found = [each for each in found if each.check.code != sweeps.CODE]  # once, for all of them
        anybody = any(ready.renewals.linked for _app, ready in checked)
        found.insert(0, Trouble(sweeps.check_late(running.last_sweep_at, anybody, now)))
    found += [Trouble(_schema_is_old(n)) for n in filter(None, [schema.missing()])]
    found += [Trouble(wrong_key(host)) for host in running.wrong_keys]
    found += [Trouble(_clock_differs(name, ahead)) for name, ahead in running.clocks.items()]
    others = (
        *workers.trouble(running.gone, now),
        *identity_providers.trouble(now),
        *_mail(running, now),
        *webhooks.trouble(now),
        *api_keys.trouble(now),
    )
    found += [Trouble(check) for check in others]
    return sorted(found, key=lambda trouble: list(Level).index(trouble.check.level))


def worst_of(trouble: list[Trouble]) -> Level:
    return worst([each.check.level for each in trouble])


def wrong_key(host: str) -> Check:
    sentence = _("The worker on %s has another FIELD_ENCRYPTION_KEY and does nothing.") % host
    step = _("Start it again with the key of the others. Webex and its credentials are fine.")
    return Check("wrong_key", Level.ASKS, sentence, step, is_trouble=True)


def _schema_is_old(missing: int) -> Check:
    sentence = ngettext(
        "The database lacks %(n)d change that this release needs.",
        "The database lacks %(n)d changes that this release needs.",
        missing,
    ) % {"n": missing}
    step = _("Run “migrate” of this release: until then pages fail, and its workers do nothing.")
    return Check("schema", Level.BLOCKS, sentence, step, is_trouble=True)


def _clock_differs(process: str, ahead: float) -> Check:
    values = {"process": process, "n": grouped(abs(round(ahead)))}
    if ahead > 0:
        sentence = _("The clock of %(process)s is %(n)s s ahead of the database's.") % values
    else:
        sentence = _("The clock of %(process)s is %(n)s s behind the database's.") % values
    step = _(
        "Let the wrong one of the two follow a time server (NTP). Renewals go by the database's."
    )
    return Check("clock", Level.ASKS, sentence, step, is_trouble=True)


def _mail(running: Background, now: datetime) -> Iterable[Check]:
    since = running.unsent_since
    if since is None or now - since < SOON_SENT:
        return
    sentence = ngettext(
        "%(n)s mail of the portal could not be sent since %(since)s.",
        "%(n)s mails of the portal could not be sent, the first since %(since)s.",
        running.unsent,
    ) % {"n": grouped(running.unsent), "since": in_words(since, now)}
    step = _(
        "Is EMAIL_URL right, and does its server answer? What waits is sent as soon as it does."
    )
    yield Check("mail", Level.ASKS, sentence, step, is_trouble=True, since=since)


def due(now: datetime) -> QuerySet[Grant]:
    due = Grant.objects.active().filter(refresh_due_at__lte=now)
    return due.filter(app__is_enabled=True, user__is_active=True)


def _figures(now: datetime, checked: Checked) -> Figures:
    """Each count reads an index; one aggregate over a million rows would read them all."""
    active = Grant.objects.active()
    first_due = due(now).aggregate(at=Min("refresh_due_at"))["at"]
    since = [first_due, *(ready.renewals.troubled_since for _app, ready in checked)]
    return Figures(
        linked=active.count(),
        needs_user=Grant.objects.filter(status=Grant.Status.CONSENT_LOST).count(),
        failing=Grant.objects.failing().count(),
        due_now=due(now).count(),
        overdue=sum(ready.renewals.overdue for _app, ready in checked),
        renewed=RenewalMinute.objects.since(now - RECENTLY),
        waiting_since=min(filter(None, since), default=None),
    )


def first_red_at() -> datetime | None:
    """A badge turns red when its refresh token dies. Reads the index up to the first of them, past
    those of integrations that are off."""
    enabled = list(WebexApp.objects.filter(is_enabled=True).values_list("pk", flat=True))
    deaths = Grant.objects.active().filter(app__in=enabled, refresh_token_expires_at__isnull=False)
    moments = deaths.order_by("refresh_token_expires_at")
    first = moments.values_list("refresh_token_expires_at", flat=True).first
    return counted("first_red_at", first) if enabled else None


def check_serving() -> dict[str, bool]:
    """What one web process needs. Raises DatabaseError or WrongEncryptionKey."""
    KeyCanary.objects.verify()
    return {"database": True, "encryption_key": True, "schema": not schema.missing()}


def check_background(now: datetime) -> dict[str, bool | str]:
    """The last part is a word, for people. Never asks the broker: heartbeats tell."""
    running = background(now)
    return {
        "beat": not sweeps.is_late(running.beat_at, now),
        "sweep": not running.is_late,
        "renewals": IN_WORDS[counted("level", lambda: _level(now))],
    }


def _level(now: datetime) -> Level:
    return worst_of(find_trouble(background(now), check_enabled(now), now=now))


def first_death(app: WebexApp, *, now: datetime) -> datetime | None:
    """When the first user of a disabled integration turns red: nothing renews for them."""
    if app.is_enabled or not app.pk:
        return None
    active = Grant.objects.active().filter(app=app)
    first: datetime | None = active.aggregate(at=Min("refresh_token_expires_at"))["at"]
    return first
