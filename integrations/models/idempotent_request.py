"""Writes that carry an Idempotency-Key: done once, however often they are sent."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.fields import EncryptedTextField

KEPT = timedelta(days=1)
UNDER_WAY = timedelta(minutes=1)  # longer than any request lasts (config/gunicorn.py)


class IdempotentRequestQuerySet(models.QuerySet["IdempotentRequest"]):
    def begin(
        self, owner: str, value: str, *, digest: str, now: datetime
    ) -> tuple["IdempotentRequest", bool]:
        """The row, and whether this request is the first: the unique constraint decides."""
        self.filter(owner=owner, value=value, began_at__lt=now - KEPT).delete()
        facts = {"digest": digest, "began_at": now}
        return self.get_or_create(owner=owner, value=value, defaults=facts)

    def forgettable(self, now: datetime) -> "IdempotentRequestQuerySet":
        return self.filter(began_at__lt=now - KEPT)


class IdempotentRequest(models.Model):
    owner = models.CharField(max_length=40)  # "key 3" or "user 7"
    value = models.CharField(max_length=100)  # of the header
    digest = models.CharField(max_length=64)  # of method, host, address and body
    began_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)  # NULL: not answered yet
    content_type = models.CharField(max_length=100, blank=True)
    answer = EncryptedTextField(null=True)  # a connect link may stand in it

    objects = IdempotentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of a program")
        verbose_name_plural = _("requests of programs")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "value"], name="an_idempotency_key_is_used_once"
            )
        ]

    def __str__(self) -> str:
        return f"idempotent request {self.pk}"

    def is_cut_off(self, now: datetime) -> bool:
        return self.status is None and abs(now - self.began_at) > UNDER_WAY

    def finish(self, *, status: int, content_type: str, answer: str) -> None:
        self.status, self.content_type, self.answer = status, content_type, answer
        self.save(update_fields=["status", "content_type", "answer"])
