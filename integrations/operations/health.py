"""How the background work is doing: for the dashboard, `manage.py status`, /readyz/ and metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from integrations.models import Grant, Heartbeat, KeyCanary, RenewalMinute, WebexApp
from integrations.plain_text import isolated
from integrations.renewal.sweep import SWEEP

BEAT, WORKER = "beat", "worker "
RECENTLY = timedelta(minutes=5)
OVERDUE = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    linked: int
    needs_user: int
    failing: int
    due_now: int
    overdue: int  # due for more than an hour
    renewed: int  # in the last five minutes

    @property
    def renewed_per_minute(self) -> float:
        return self.renewed / (RECENTLY.total_seconds() / 60)


@dataclass(frozen=True)
class Report:
    """Moments are None where the thing never happened."""

    last_sweep_at: datetime | None
    beat_at: datetime | None
    workers: dict[str, datetime]
    first_red_at: datetime | None  # if nothing were renewed from now on
    figures: Figures
    paused: list[WebexApp]
    problems: list[str]  # sentences; none: all is well


def beat(name: str, *, now: datetime) -> None:
    Heartbeat.objects.beat(name, now=now)


@dataclass(frozen=True)
class Background:
    """What the start page says of it; cheap, and without asking the broker."""

    last_sweep_at: datetime | None
    beat_at: datetime | None
    workers: list[str]
    is_late: bool


def background(now: datetime) -> Background:
    beats = _beats()
    return Background(
        last_sweep_at=beats.get(SWEEP),
        beat_at=beats.get(BEAT),
        workers=list(_workers(beats, now)),
        is_late=sweep_is_late(beats.get(SWEEP), now),
    )


def report(now: datetime) -> Report:
    beats, figures = _beats(), _figures(now)
    paused = list(WebexApp.objects.filter(is_enabled=True, refresh_paused_until__gt=now))
    return Report(
        last_sweep_at=beats.get(SWEEP),
        beat_at=beats.get(BEAT),
        workers=_workers(beats, now),
        first_red_at=first_red_at(),
        figures=figures,
        paused=paused,
        problems=_problems(beats.get(SWEEP), figures, paused, now),
    )


def _beats() -> dict[str, datetime]:
    return dict(Heartbeat.objects.values_list("name", "at"))


def _workers(beats: dict[str, datetime], now: datetime) -> dict[str, datetime]:
    seen = {name.removeprefix(WORKER): at for name, at in beats.items() if WORKER in name}
    return {name: at for name, at in seen.items() if now - at < RECENTLY}


def due(now: datetime) -> QuerySet[Grant]:
    due = Grant.objects.active().filter(refresh_due_at__lte=now)
    return due.filter(app__is_enabled=True, user__is_active=True)


def _figures(now: datetime) -> Figures:
    """Each count reads an index; one aggregate over a million rows would read them all."""
    active = Grant.objects.active()
    return Figures(
        linked=active.count(),
        needs_user=Grant.objects.filter(status=Grant.Status.CONSENT_LOST).count(),
        failing=Grant.objects.failing().count(),
        due_now=due(now).count(),
        overdue=due(now - OVERDUE).count(),
        renewed=RenewalMinute.objects.since(now - RECENTLY),
    )


def first_red_at() -> datetime | None:
    """A badge turns red when its refresh token dies. Reads the index up to the first of them."""
    deaths = Grant.objects.active().filter(app__is_enabled=True)
    deaths = deaths.filter(refresh_token_expires_at__isnull=False)
    ordered = deaths.order_by("refresh_token_expires_at")
    return ordered.values_list("refresh_token_expires_at", flat=True).first()


def check_parts(now: datetime) -> dict[str, bool]:
    """Raises DatabaseError or WrongEncryptionKey."""
    KeyCanary.objects.verify()
    beats = _beats()
    beat_at = beats.get(BEAT)
    return {
        "database": True,
        "encryption_key": True,
        "broker": beat_at is not None and not sweep_is_late(beat_at, now),
        "sweep": not sweep_is_late(beats.get(SWEEP), now),
    }


def sweep_is_late(last_sweep_at: datetime | None, now: datetime) -> bool:
    patience = timedelta(seconds=3 * settings.REFRESH_SWEEP_EVERY + 30)
    return last_sweep_at is None or now - last_sweep_at > patience


def _problems(
    last_sweep_at: datetime | None, figures: Figures, paused: list[WebexApp], now: datetime
) -> list[str]:
    found = [f"Integration “{app}” is paused: {isolated(app.pause_reason)}" for app in paused]
    if sweep_is_late(last_sweep_at, now):
        found.append("No sweep lately: are worker, beat and broker running?")
    if figures.overdue:
        found.append(f"{figures.overdue} grants have been due for more than an hour.")
    return found
