"""Portal users. Our own class from the first migration, so that it can grow."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.models import Session
from django.db import models
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

password_set = Signal()  # with `user`, whichever form or command set it


class User(AbstractUser):
    # One of settings.LANGUAGES; empty: as their browser says.
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")

    def save(self, *args: Any, **kwargs: Any) -> None:
        is_set = getattr(self, "_password", None) is not None
        super().save(*args, **kwargs)
        if is_set:
            password_set.send(User, user=self)

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class SessionOwnerQuerySet(models.QuerySet["SessionOwner"]):
    def without_session(self) -> Self:
        """Of those that code before this release ended."""
        return self.filter(~models.Exists(Session.objects.filter(pk=models.OuterRef("pk"))))


class SessionOwner(models.Model):
    """Who signed in to a session, for accounts/sessions.py.

    No constraint in the database: code before this release deletes sessions and people without
    knowing of these rows.
    """

    session = models.OneToOneField(
        Session,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="owner",
        db_constraint=False,
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="session_owners", db_constraint=False
    )

    objects = SessionOwnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")  # for who deletes a user
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"session of {self.user}"


class SignInFailureQuerySet(models.QuerySet["SignInFailure"]):
    def recent(self, now: datetime) -> Self:
        """A clock that was ahead locks nobody out for longer; the servers' differ by seconds."""
        return self.filter(at__gt=now - SignInFailure.COUNTS_FOR, at__lt=now + timedelta(minutes=1))

    def forgettable(self, now: datetime) -> Self:
        return self.exclude(pk__in=self.recent(now))


class SignInFailure(models.Model):
    COUNTS_FOR = timedelta(minutes=10)

    username = models.CharField(max_length=64)  # a digest: people type passwords there, too
    network = models.CharField(max_length=50)  # an IPv4 address or an IPv6 /64; empty: unknown
    browser = models.CharField(max_length=32, blank=True)  # one that signed in as them before
    at = models.DateTimeField(db_index=True)

    objects = SignInFailureQuerySet.as_manager()

    class Meta:
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")
        indexes = [
            models.Index(fields=["username", "at"], name="failures_of_a_name"),
            models.Index(fields=["network", "at"], name="failures_from_a_network"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.at:%Y-%m-%d %H:%M:%S}"
