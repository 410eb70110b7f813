"""A mail that is due until it was sent or given up: each by itself, with attempts of its own."""

from datetime import datetime, timedelta
from typing import Any, Self, cast

from django.db import models
from django.db.models import Q

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=6)
MOST_ATTEMPTS = 20  # within three and a half days


class NoticeQuerySet(models.QuerySet[Any]):
    def untold(self) -> Self:
        """Whose mail is still to be sent, now or later."""
        raise NotImplementedError

    def to_tell(self, now: datetime) -> Self:
        return self.untold().filter(Q(notice_after=None) | Q(notice_after__lte=now))


class Notice(models.Model):
    notice_attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    notice_after = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_last_attempt(self) -> bool:
        return self.notice_attempts >= MOST_ATTEMPTS

    def count_attempt(self, now: datetime) -> bool:
        """Before the attempt: if it ends this process, the next one goes on with the others.

        False where another process is at it, or has told it already.
        """
        rows = cast(NoticeQuerySet, type(self)._default_manager.all())
        as_read = rows.untold().filter(pk=self.pk, notice_attempts=self.notice_attempts)
        pause = min(FIRST_PAUSE * 2 ** min(self.notice_attempts, 10), LONGEST_PAUSE)
        self.notice_attempts += 1
        return as_read.update(notice_attempts=self.notice_attempts, notice_after=now + pause) == 1

    def mark_told(self, now: datetime) -> None:
        """Sent or given up: this mail is not due any more."""
        raise NotImplementedError
