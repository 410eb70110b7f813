"""A usable access token on demand (RFC 6749 section 6), renewed at most once however many ask.

Whoever claims a grant may spend its refresh token; everybody else waits for the row to change. The
background work is `drain`; what follows from a failure is `outcomes`.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from accounts.models import User
from integrations.database import retry_write
from integrations.errors import (
    NotLinked,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, GrantEvent
from integrations.models.renewal import SHORTEST_RENEWAL
from integrations.renewal import outcomes
from integrations.renewal.client_secrets import Clients
from integrations.renewal.outcomes import Outcome
from integrations.tokens import Bearer
from integrations.webex import oauth
from integrations.webex.http import Deadline

MINIMUM_LIFE = timedelta(minutes=2)

T = TypeVar("T")


def with_bearer(grant: Grant, call: Callable[[Bearer], T], *, now: datetime) -> T:
    """Runs a REST call with a usable token; a 401 earns one renewal and one retry.

    Raises NotLinked, WebexUnavailable, or what the call raises.
    """
    bearer = access_token(grant, now=now)
    try:
        return call(bearer)
    except Refused:
        pass
    return call(_renew_or_wait(grant, now=now))


def access_token(grant: Grant, *, now: datetime, minimum_life: timedelta = MINIMUM_LIFE) -> Bearer:
    """A token that lives at least that long, renewed at most once however many ask for it, and at
    most once a minute: where no token lives so long, it is a shorter one.

    Raises NotLinked where the user must act, WebexUnavailable where waiting helps, and
    UndecryptableValue where the operator must.
    """
    _check_usable(grant)
    if grant.is_usable(until=now + minimum_life) or _is_new(grant, now):
        return grant.bearer()
    try:
        return _renew_or_wait(grant, now=now)
    except WebexUnavailable:
        if grant.is_usable(until=now):
            return grant.bearer()
        raise


def _is_new(grant: Grant, now: datetime) -> bool:
    """Usable, and renewed a moment ago: the next one would live no longer, and cost a call."""
    age = now - grant.refreshed_at if grant.refreshed_at else SHORTEST_RENEWAL
    return abs(age) < SHORTEST_RENEWAL and grant.is_usable(until=now)


def make_due(
    grants: list[Grant], *, now: datetime, by: User | None = None, is_asked: bool = False
) -> int:
    """Lets the next sweep renew them first, whatever their own schedule says.

    It is on record where somebody asked for it: `by` a person, or a program.
    """
    asked = Grant.objects.renewable().filter(pk__in=[grant.pk for grant in grants])
    with transaction.atomic():
        due = list(asked.select_for_update(of=("self",)).select_related("user", "app"))
        Grant.objects.filter(pk__in=[grant.pk for grant in due]).update(refresh_due_at=now)
        if by or is_asked:
            GrantEvent.objects.record_each(GrantEvent.Kind.RENEWAL_ASKED, due, by=by, now=now)
    return len(due)


def renew(grant: Grant, *, now: datetime) -> Outcome:
    """One refresh token request. The outcome is in the row; its name is returned."""
    # Due from now on: if this process dies, the next sweep finds what it left behind.
    if not grant.claim(now=now, seconds=settings.REFRESH_CLAIM, refresh_due_at=now):
        outcomes.take_over_orphans(Grant.objects.filter(pk=grant.pk), now=now)
        return Outcome.CLAIMED
    try:
        clients = Clients(grant.app, now=now)
        token = oauth.RefreshToken(grant.refresh_token or "")
        deadline = Deadline(settings.WEBEX_TIMEOUT)
        tokens = clients.ask(partial(oauth.refresh, token=token, sent_at=now, deadline=deadline))
    except UndecryptableValue:
        return outcomes.retry_later(grant, WebexUnavailable("undecryptable"), now=now)
    except WebexError as error:
        return outcomes.record_failure(grant, error, now=now)
    patience = settings.WEBEX_TIMEOUT  # somebody waits for the page
    if not retry_write(lambda: grant.store(tokens, now=now), [grant.pk], patience=patience):
        return Outcome.SUPERSEDED  # relinked or disconnected meanwhile: that consent wins
    clients.remember(now=now)
    outcomes.resume(grant.app)
    return Outcome.RENEWED


def _renew_or_wait(grant: Grant, *, now: datetime) -> Bearer:
    if grant.app.is_paused(now) or _is_waiting(grant, now):
        raise WebexUnavailable("waiting before the next attempt")
    seen = grant.refreshed_at
    outcome = renew(grant, now=now)
    outcomes.count(grant.app, Counter([outcome]))
    if outcome in (Outcome.CLAIMED, Outcome.SUPERSEDED):
        _wait_for_winner(grant)
    _check_usable(grant)
    if outcome is not Outcome.RENEWED and grant.refreshed_at == seen:
        raise WebexUnavailable(grant.last_error or "renewal under way")
    return grant.bearer()


def _is_waiting(grant: Grant, now: datetime) -> bool:
    if grant.suspect_since and now - grant.suspect_since < outcomes.BETWEEN_REFUSALS:
        return True  # the next drain looks into it
    return bool(grant.failing_since and grant.refresh_due_at and grant.refresh_due_at > now)


def _wait_for_winner(grant: Grant) -> None:
    seen, patience = grant.version, Deadline(settings.WEBEX_TIMEOUT)
    grant.refresh_from_db()
    while grant.version == seen and patience.remaining() > 0.01:
        time.sleep(0.05)
        grant.refresh_from_db()


def _check_usable(grant: Grant) -> None:
    usable = grant.status == Grant.Status.ACTIVE and grant.app.is_enabled
    may = not grant.right_lost_at or grant.user.has_perm("integrations.use_webex")
    if not usable or not may or not grant.user.is_active:
        raise NotLinked
