"""What is done to users and groups, who hold the rights, and sign-ins: all of it on record."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from integrations import actor
from integrations.actions import Action
from integrations.linking import disconnection, entitlement
from integrations.models import ApiKey, AuditEvent
from integrations.operations import webhooks

BETWEEN_REFUSALS = timedelta(minutes=1)  # of one address: whoever guesses fills no table
Whom = User | Group


def record_saved(
    whom: Whom, *, is_new: bool, changed: Iterable[str], by: User, now: datetime
) -> None:
    """After its rights are saved, too; who lost or regained the use of Webex is noted at once."""
    columns = {field.name for field in whom._meta.get_fields()} & set(changed)
    if is_new or columns:
        action = Action.USER_ADDED if is_new else Action.USER_CHANGED
        if isinstance(whom, Group):
            action = Action.GROUP_ADDED if is_new else Action.GROUP_CHANGED
        AuditEvent.objects.record(action, whom, changed=columns, now=now)
    if isinstance(whom, User):
        entitlement.note_changes(user=whom, by=by, now=now)


def delete(whom: Whom, *, by: User, now: datetime) -> None:
    with transaction.atomic():
        if isinstance(whom, User):
            ApiKey.objects.filter(created_by=whom).keep_reach()
            webhooks.keep_reach(whom, now=now)
            disconnection.end_all_of(whom, by=by, reason="user deleted", now=now)
        action = Action.USER_DELETED if isinstance(whom, User) else Action.GROUP_DELETED
        AuditEvent.objects.record(action, whom, now=now)
        whom.delete()


def record_password(user: User, *, now: datetime) -> None:
    AuditEvent.objects.record(Action.PASSWORD_SET, user, changed=["password"], now=now)


def record_sign_in(user: User, *, through: str = "", now: datetime) -> None:
    """`through`: the name of an identity provider; empty: with a password."""
    AuditEvent.objects.record(Action.SIGNED_IN, user, by=user, reason=through, now=now)


def record_sign_out(user: User, *, now: datetime) -> None:
    AuditEvent.objects.record(Action.SIGNED_OUT, user, by=user, now=now)


def record_refusal(username: str, *, is_limit: bool, now: datetime) -> None:
    """The name only if somebody has it: people type passwords there, too."""
    if is_limit and _was_recorded(now):
        return
    user = User.objects.filter(username=username).first()
    action = Action.SIGN_IN_REFUSED if is_limit else Action.SIGN_IN_FAILED
    reason = "" if user else "unknown name"
    AuditEvent.objects.record(action, user, result="refused", reason=reason, now=now)


def _was_recorded(now: datetime) -> bool:
    lately = AuditEvent.objects.filter(action=Action.SIGN_IN_REFUSED, at__gt=now - BETWEEN_REFUSALS)
    return lately.filter(address=actor.current().address).exists()
