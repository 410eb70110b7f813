"""How many values of each model each key of FIELD_ENCRYPTION_KEY decrypts, as last counted."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

Counts = dict[str, dict[str, int]]  # by model, and by the fingerprint of a key


class KeyCensusQuerySet(models.QuerySet["KeyCensus"]):
    def store(self, counts: Counts, *, now: datetime) -> None:
        """The last one only."""
        self.update_or_create(pk=1, defaults={"counts": counts, "counted_at": now})


class KeyCensus(models.Model):
    counts = models.JSONField()
    counted_at = models.DateTimeField()

    objects = KeyCensusQuerySet.as_manager()

    class Meta:
        verbose_name = _("census of encryption keys")
        default_permissions = ("view",)  # the page of it

    def __str__(self) -> str:
        return f"census of {self.counted_at:%Y-%m-%d %H:%M}"
