"""A second factor for administrators: set up, asked for, removed. All of it is on record."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from accounts.models import User
from integrations.actions import Action
from integrations.errors import TooManyCodes, UndecryptableValue, WrongCode
from integrations.models import AuditEvent, SecondFactor


def confirmed(user: User) -> SecondFactor | None:
    return SecondFactor.objects.confirmed().filter(user=user).first()


def begin(user: User) -> SecondFactor | None:
    """Without effect until it is confirmed. None where one was confirmed already.

    Anew each time: another session may be a thief's, who would know what is confirmed later.
    """
    with transaction.atomic():
        SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
        factor, is_new = SecondFactor.objects.get_or_create(user=user)
    return factor if is_new else None


def begun(user: User, *, pk: int | None) -> SecondFactor | None:
    """What this session began, while nobody began anew and its secret can be read."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None, pk=pk or 0).first()
    with suppress(UndecryptableValue):
        return factor if factor and factor.secret else None
    return None


def confirm(user: User, code: str, *, now: datetime) -> tuple[SecondFactor, list[str]]:
    """With the first code of the app; and recovery codes. Raises WrongCode or TooManyCodes."""
    codes: list[str] = []

    def switch_on(factor: SecondFactor) -> None:
        factor.confirmed_at = now
        codes.extend(factor.renew_recovery_codes())
        AuditEvent.objects.record(Action.SECOND_FACTOR_SET, user, by=user, now=now)

    return _asked(user, code, now=now, is_confirmed=False, then=switch_on), codes


def check(user: User, code: str, *, now: datetime) -> SecondFactor:
    """A code of the app, or a recovery code. Raises WrongCode or TooManyCodes."""
    return _asked(user, code, now=now, is_confirmed=True)


def renew_recovery_codes(factor: SecondFactor, *, now: datetime) -> list[str]:
    """Those from before are of no use any more."""
    codes = factor.renew_recovery_codes()
    with transaction.atomic():
        factor.save(update_fields=["recovery_codes"])
        AuditEvent.objects.record(
            Action.SECOND_FACTOR_SET, factor.user, changed=["recovery_codes"], now=now
        )
    return codes


def remove(user: User, *, now: datetime) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        deleted, _by_model = SecondFactor.objects.confirmed().filter(user=user).delete()
        if deleted:
            AuditEvent.objects.record(Action.SECOND_FACTOR_REMOVED, user, now=now)
    return bool(deleted)


def _asked(
    user: User,
    code: str,
    *,
    now: datetime,
    is_confirmed: bool,
    then: Callable[[SecondFactor], None] = lambda factor: None,
) -> SecondFactor:
    """One attempt at a time, so that many at once are not more than one after the other; what
    follows `then` is the same step.
    """
    code = "".join(code.split())
    with transaction.atomic():
        rows = SecondFactor.objects.select_for_update().filter(user=user)
        factor = rows.filter(confirmed_at__isnull=not is_confirmed).first()
        if factor is None:
            raise WrongCode
        if factor.is_waiting(now):
            raise TooManyCodes(factor.waits_until or now)
        is_accepted = factor.accepts(code, now=now)
        if is_confirmed and not is_accepted and factor.accepts_recovery_code(code):
            is_accepted = True
            AuditEvent.objects.record(Action.RECOVERY_CODE_USED, user, by=user, now=now)
        factor.count(is_accepted=is_accepted, now=now)
        if is_accepted:
            then(factor)
        factor.save()
        if not is_accepted:
            failed = AuditEvent.Result.FAILED
            AuditEvent.objects.record(
                Action.SECOND_FACTOR_ASKED, user, by=user, result=failed, now=now
            )
    if not is_accepted:
        raise WrongCode
    return factor
