"""Who may do what only one process should do at a time: a lease ends by itself."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q

from integrations.clock import LEEWAY


class LeaseQuerySet(models.QuerySet["Lease"]):
    def take(self, names: Iterable[str], *, now: datetime, until: datetime) -> str | None:
        """The first of these that is free; it is taken until then."""
        is_free = Q(expires_at__lte=now) | Q(expires_at__gt=until + LEEWAY)
        for name in names:
            self.get_or_create(name=name, defaults={"expires_at": now})
            if self.filter(is_free, name=name).update(expires_at=until) == 1:
                return name
        return None

    def release(self, name: str, *, until: datetime, now: datetime) -> None:
        """Not if it ran out and is somebody else's by now."""
        self.filter(name=name, expires_at=until).update(expires_at=now)


class Lease(models.Model):
    # "drain <app> <n>", "renewing <app>", "notices", "configuration"
    name = models.CharField(max_length=200, primary_key=True)
    expires_at = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
