"""Access tokens for other back ends. Refresh tokens and client secrets never leave."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integrations.actions import Action
from integrations.errors import NotLinked, WebexUnavailable
from integrations.models import AuditEvent, Grant
from integrations.renewal import on_demand


@dataclass(frozen=True)
class HandedOut:
    access_token: str = field(repr=False)
    expires_at: datetime


def access_token(grant: Grant, *, minimum_life: timedelta, now: datetime) -> HandedOut:
    """One that lives at least that long, renewed where it has to be. That it was handed out is on
    record before anybody has it.

    Raises what `on_demand.access_token` raises, NotLinked also where its user may not use Webex any
    more and no sweep has noticed yet, and WebexUnavailable where none lives so long.
    """
    if not grant.user.has_perm("integrations.use_webex"):
        raise NotLinked
    bearer = on_demand.access_token(grant, now=now, minimum_life=minimum_life)
    expires_at = grant.access_token_expires_at
    if expires_at is None or expires_at < now + minimum_life:
        raise WebexUnavailable("no token lives so long")
    AuditEvent.objects.record(Action.ACCESS_TOKEN_HANDED_OUT, grant, now=now)
    return HandedOut(bearer.value, expires_at)
