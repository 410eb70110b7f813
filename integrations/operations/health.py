"""How the background work is doing: for the dashboard, `manage.py status`, /readyz/ and metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from integrations.models import Grant, Heartbeat, KeyCanary, RenewalMinute, WebexApp
from integrations.operations import readiness
from integrations.operations.cached_count import counted
from integrations.operations.check import Check, Level, worst
from integrations.operations.readiness import Readiness
from integrations.operations.renewals import in_words
from integrations.renewal.sweep import SWEEP

BEAT, WORKER = "beat", "worker "
RECENTLY = timedelta(minutes=5)
IN_WORDS = {Level.BLOCKS: "act now", Level.ASKS: "look soon", Level.FINE: "all is well"}


@dataclass(frozen=True)
class Figures:
    linked: int
    needs_user: int
    failing: int
    due_now: int
    overdue: int  # since they first were due, for more than an hour
    renewed: int  # in the last five minutes

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

    @property
    def level(self) -> Level:
        return worst_of(self.trouble)


def beat(name: str, *, now: datetime) -> None:
    Heartbeat.objects.beat(name, now=now)


def background(now: datetime) -> Background:
    beats = _beats()
    last_sweep_at = beats.get(SWEEP)
    return Background(
        last_sweep_at=last_sweep_at,
        beat_at=beats.get(BEAT),
        workers=_workers(beats, now),
        is_late=sweep_is_late(last_sweep_at, now),
    )


def report(now: datetime) -> Report:
    running, checked = background(now), _check_enabled(now)
    return Report(
        background=running,
        first_red_at=first_red_at(),
        figures=_figures(now, checked),
        paused=[app for app, _ready in checked if app.is_paused(now)],
        trouble=find_trouble(running, checked, now=now),
        levels={app.name: ready.trouble_level for app, ready in checked},
    )


Checked = list[tuple[WebexApp, Readiness]]


def _check_enabled(now: datetime) -> Checked:
    apps = list(WebexApp.objects.filter(is_enabled=True).order_by("name"))
    checked = readiness.check_all(apps, now=now)
    return [(app, checked[app.pk]) for app in apps]


def find_trouble(running: Background, checked: Checked, *, now: datetime) -> list[Trouble]:
    """Of the processes and of every integration: the one answer behind all that report on it."""
    found = [Trouble(check, app) for app, ready in checked for check in ready.trouble]
    if running.is_late:
        anybody = any(ready.renewals.linked for _app, ready in checked)
        found.insert(0, Trouble(_late_sweep(running.last_sweep_at, anybody, now)))
    return sorted(found, key=lambda trouble: list(Level).index(trouble.check.level))


def worst_of(trouble: list[Trouble]) -> Level:
    return worst([each.check.level for each in trouble])


def _late_sweep(last_sweep_at: datetime | None, anybody: bool, now: datetime) -> Check:
    sentence = _("No sweep lately: nothing is renewed.")
    if last_sweep_at:
        sentence += " " + _("The last one was at %s.") % in_words(last_sweep_at, now)
    level = Level.BLOCKS if anybody else Level.ASKS
    step = _("Are worker, beat and broker running?")
    return Check("sweep", level, sentence, step, is_trouble=True, since=last_sweep_at)


def _beats() -> dict[str, datetime]:
    return dict(Heartbeat.objects.values_list("name", "at"))


def _workers(beats: dict[str, datetime], now: datetime) -> dict[str, datetime]:
    seen = {name.removeprefix(WORKER): at for name, at in beats.items() if WORKER in name}
    return {name: at for name, at in seen.items() if now - at < RECENTLY}


def due(now: datetime) -> QuerySet[Grant]:
    due = Grant.objects.active().filter(refresh_due_at__lte=now)
    return due.filter(app__is_enabled=True, user__is_active=True)


def _figures(now: datetime, checked: Checked) -> Figures:
    """Each count reads an index; one aggregate over a million rows would read them all."""
    active = Grant.objects.active()
    return Figures(
        linked=active.count(),
        needs_user=Grant.objects.filter(status=Grant.Status.CONSENT_LOST).count(),
        failing=Grant.objects.failing().count(),
        due_now=due(now).count(),
        overdue=sum(ready.renewals.overdue for _app, ready in checked),
        renewed=RenewalMinute.objects.since(now - RECENTLY),
    )


def first_red_at() -> datetime | None:
    """A badge turns red when its refresh token dies. Reads the index up to the first of them."""
    deaths = Grant.objects.active().filter(app__is_enabled=True)
    deaths = deaths.filter(refresh_token_expires_at__isnull=False)
    ordered = deaths.order_by("refresh_token_expires_at")
    return ordered.values_list("refresh_token_expires_at", flat=True).first()


def check_parts(now: datetime) -> dict[str, bool | str]:
    """The last part is a word, for people: a web server serves on while Webex is in trouble.

    Raises DatabaseError or WrongEncryptionKey.
    """
    KeyCanary.objects.verify()
    beats = _beats()
    beat_at = beats.get(BEAT)
    return {
        "database": True,
        "encryption_key": True,
        "broker": beat_at is not None and not sweep_is_late(beat_at, now),
        "sweep": not sweep_is_late(beats.get(SWEEP), now),
        "renewals": IN_WORDS[counted("level", lambda: _level(now))],
    }


def _level(now: datetime) -> Level:
    return worst_of(find_trouble(background(now), _check_enabled(now), now=now))


def sweep_is_late(last_sweep_at: datetime | None, now: datetime) -> bool:
    patience = timedelta(seconds=3 * settings.REFRESH_SWEEP_EVERY + 30)
    return last_sweep_at is None or now - last_sweep_at > patience


def first_death(app: WebexApp, *, now: datetime) -> datetime | None:
    """When the first user of a disabled integration turns red: nothing renews for them."""
    if app.is_enabled or not app.pk:
        return None
    active = Grant.objects.active().filter(app=app)
    first: datetime | None = active.aggregate(at=Min("refresh_token_expires_at"))["at"]
    return first
