"""Signs of life of the background processes, so that no page has to ask the broker."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Sum

from integrations.clock import LEEWAY

GONE = timedelta(days=1)  # after which a host that nobody heard of is forgotten


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str, *, now: datetime, clock_ahead: float | None = None) -> None:
        facts = {"at": now, "clock_ahead": clock_ahead, "left_at": None}
        began = {"began_at": now}
        self.update_or_create(name=name, defaults=facts, create_defaults=facts | began)

    def leave(self, name: str, *, now: datetime) -> None:
        """Its row stays for a day, or a restart would be taken for somebody new."""
        self.filter(name=name).update(left_at=now)

    def until(self, now: datetime) -> "HeartbeatQuerySet":
        """Without those from before the clock was set back: they may be of the dead."""
        return self.filter(at__lte=now + LEEWAY)

    def forgettable(self, now: datetime) -> "HeartbeatQuerySet":
        """Hosts come and go; since when beat and sweep are silent is told for ever."""
        return self.filter(at__lt=now - GONE, name__contains=" ")


class Heartbeat(models.Model):
    # "sweep", "beat", "worker <node>", "wrong key <host>"
    name = models.CharField(max_length=200, primary_key=True)
    at = models.DateTimeField()
    clock_ahead = models.FloatField(null=True)  # seconds, of the process's own
    began_at = models.DateTimeField(null=True)  # when its name was first heard
    left_at = models.DateTimeField(null=True)  # when it was last stopped in order

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def has_left(self) -> bool:
        """The release before this one comes back without clearing it."""
        return self.left_at is not None and self.left_at >= self.at


class RenewalMinuteQuerySet(models.QuerySet["RenewalMinute"]):
    def add(self, renewed: int, *, now: datetime) -> None:
        minute, _is_new = self.get_or_create(minute=now.replace(second=0, microsecond=0))
        self.filter(pk=minute.pk).update(renewed=F("renewed") + renewed)

    def since(self, moment: datetime) -> int:
        return self.filter(minute__gt=moment).aggregate(sum=Sum("renewed"))["sum"] or 0

    def forgettable(self, now: datetime) -> "RenewalMinuteQuerySet":
        return self.filter(minute__lt=now - timedelta(days=31))


class RenewalMinute(models.Model):
    """How many grants were renewed in a minute; counting them by their rows would read them all."""

    minute = models.DateTimeField(primary_key=True)
    renewed = models.PositiveIntegerField(default=0)

    objects = RenewalMinuteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.renewed}"
