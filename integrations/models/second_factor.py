"""An administrator's second factor: the secret of an authenticator app, and recovery codes."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations import totp
from integrations.clock import LEEWAY
from integrations.errors import UndecryptableValue
from integrations.fields import EncryptedTextField

FREE_FAILURES = 5  # in a row; after that each costs twice the wait of the one before
LONGEST_WAIT = timedelta(hours=1)
RECOVERY_CODES, GROUPS = 10, 4  # codes; groups of four characters: 80 bits each
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def confirmed(self) -> "SecondFactorQuerySet":
        return self.exclude(confirmed_at=None)


class SecondFactor(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = EncryptedTextField(default=totp.new_secret)
    confirmed_at = models.DateTimeField(null=True)  # until then it asks nobody for anything
    last_step = models.BigIntegerField(default=0)  # a code is good once
    recovery_codes = models.JSONField(default=list)  # digests of those that were not used yet
    failures = models.PositiveIntegerField(default=0)  # in a row
    waits_until = models.DateTimeField(null=True)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ()

    def __str__(self) -> str:
        return f"second factor {self.pk}"

    @property
    def mark(self) -> str:
        """What a session keeps that has shown it; another one after each set-up."""
        return f"{self.pk} {self.confirmed_at and self.confirmed_at.isoformat()}"

    def is_waiting(self, now: datetime) -> bool:
        until = self.waits_until
        return until is not None and now < until <= now + LONGEST_WAIT + LEEWAY

    def accepts(self, code: str, *, now: datetime) -> bool:
        """A code of the app; it is spent, or the failure counted, once this is saved."""
        try:
            step = totp.find_step(self.secret or "", code, now=now, after=self.last_step)
        except UndecryptableValue:
            step = None
        self.last_step = step or self.last_step
        return step is not None

    def accepts_recovery_code(self, code: str) -> bool:
        """Each is good once."""
        digest = _digest(code)
        left = [each for each in self.recovery_codes if each != digest]
        is_one = len(left) < len(self.recovery_codes)
        self.recovery_codes = left
        return is_one

    def count(self, *, is_accepted: bool, now: datetime) -> None:
        self.failures = 0 if is_accepted else self.failures + 1
        beyond = self.failures - FREE_FAILURES
        wait = timedelta(minutes=2 ** min(beyond, 6)) if beyond >= 0 else timedelta(0)
        self.waits_until = now + min(wait, LONGEST_WAIT) if wait else None

    def renew_recovery_codes(self) -> list[str]:
        """To be shown this once; only digests are kept."""
        codes = [_recovery_code() for _number in range(RECOVERY_CODES)]
        self.recovery_codes = [_digest(code) for code in codes]
        return codes


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(GROUPS))
    return "-".join(groups)


def _digest(code: str) -> str:
    """Unsalted: nobody guesses 80 random bits."""
    plain = "".join(character for character in code.upper() if character in ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()
