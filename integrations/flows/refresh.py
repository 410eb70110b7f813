"""Keeping access tokens usable (RFC 6749 section 6): in the background and on demand.

Whoever claims a grant may spend its refresh token; everybody else waits for the row to change. A
grant is given up only when Webex said so in a way that leaves no doubt.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from integrations import clock
from integrations.errors import (
    AmbiguousOutcome,
    InvalidClient,
    InvalidGrant,
    NotLinked,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, GrantEvent, WebexApp
from integrations.tokens import Bearer
from integrations.webex import oauth
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    RENEWED = "renewed"
    CLAIMED = "claimed by another process"
    OUTRUN = "outrun by a new consent or a disconnect"
    SUSPECT = "refused once"
    CONSENT_LOST = "consent lost"
    RETRY_LATER = "retry later"
    PAUSED = "integration paused"


ANSWER_LOST = "answer lost"
MINIMUM_LIFE = timedelta(minutes=2)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=2), timedelta(hours=1)
AFTER_LOST_ANSWER = timedelta(seconds=30)
BETWEEN_REFUSALS = timedelta(minutes=1)
WRONG_CLIENT_PAUSE = timedelta(minutes=10)

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
    """A token that lives at least that long, renewed at most once however many ask for it.

    Raises NotLinked where the user must act, WebexUnavailable where waiting helps, and
    UndecryptableValue where the operator must.
    """
    _check_usable(grant)
    if grant.is_usable(until=now + minimum_life):
        return grant.bearer()
    try:
        return _renew_or_wait(grant, now=now)
    except WebexUnavailable:
        if grant.is_usable(until=now):
            return grant.bearer()
        raise


def sweep(*, seconds: float) -> Counter[Outcome]:
    """Renews what is due, most urgent first, until nothing is or the time is over."""
    deadline, outcomes = Deadline(seconds), Counter[Outcome]()
    while deadline.remaining() > 0.01:
        now = clock.now()  # not handed in: a claim must not be as old as the whole sweep
        due = Grant.objects.due_for_refresh(now).without_tokens().select_related("app")
        grant = due.defer("app__client_secret").first()  # an unreadable secret is its own trouble
        if grant is None:
            break
        outcomes[renew(grant, now=now)] += 1
    return outcomes


def make_due(grants: list[Grant], *, now: datetime) -> int:
    """Lets the next sweep renew them first, whatever their own schedule says."""
    keys = [grant.pk for grant in grants]
    return Grant.objects.active().filter(pk__in=keys).update(refresh_due_at=now)


def renew(grant: Grant, *, now: datetime) -> Outcome:
    """One refresh token request. The outcome is in the row; its name is returned."""
    if not grant.claim(now=now, seconds=settings.REFRESH_CLAIM):
        return Outcome.CLAIMED
    try:
        client = oauth.Client(grant.app.client_id, grant.app.client_secret or "")
        token = oauth.RefreshToken(grant.refresh_token or "")
        deadline = Deadline(settings.WEBEX_TIMEOUT)
        tokens = oauth.refresh(client, token, sent_at=now, deadline=deadline)
    except InvalidClient as error:
        return _pause_app(grant, WRONG_CLIENT_PAUSE, error, now=now)
    except (InvalidGrant, Refused) as error:
        return _refused(grant, error, now=now)
    except WebexUnavailable as error:
        return _later(grant, error, now=now)
    except UndecryptableValue:
        return _later(grant, WebexUnavailable("undecryptable"), now=now)
    if not grant.store(tokens, now=now):
        return Outcome.OUTRUN  # relinked or disconnected meanwhile: that consent wins
    _resume_app(grant.app)
    return Outcome.RENEWED


def _renew_or_wait(grant: Grant, *, now: datetime) -> Bearer:
    if grant.app.is_paused(now) or _is_waiting(grant, now):
        raise WebexUnavailable("waiting before the next attempt")
    seen = grant.refreshed_at
    outcome = renew(grant, now=now)
    if outcome in (Outcome.CLAIMED, Outcome.OUTRUN):
        _wait_for_winner(grant)
    _check_usable(grant)
    if outcome is not Outcome.RENEWED and grant.refreshed_at == seen:
        raise WebexUnavailable(grant.last_error or "renewal under way")
    return grant.bearer()


def _is_waiting(grant: Grant, now: datetime) -> bool:
    troubled = grant.failing_since or grant.suspect_since
    return bool(troubled and grant.refresh_due_at and grant.refresh_due_at > now)


def _wait_for_winner(grant: Grant) -> None:
    seen, patience = grant.version, Deadline(settings.WEBEX_TIMEOUT)
    grant.refresh_from_db()
    while grant.version == seen and patience.remaining() > 0.01:
        time.sleep(0.05)
        grant.refresh_from_db()


def _check_usable(grant: Grant) -> None:
    usable = grant.status == Grant.Status.ACTIVE and grant.app.is_enabled
    if not usable or not grant.user.is_active:
        raise NotLinked


def _refused(grant: Grant, error: WebexError, *, now: datetime) -> Outcome:
    """A bare refusal needs confirming; a standard code, or one after a lost answer, does not."""
    after_lost_answer = grant.last_error == ANSWER_LOST
    confirmed = grant.suspect_since and now - grant.suspect_since >= BETWEEN_REFUSALS
    if isinstance(error, Refused) and not after_lost_answer and not confirmed:
        grant.postpone(
            now + BETWEEN_REFUSALS,
            suspect_since=grant.suspect_since or now,
            failing_since=grant.failing_since or now,
            **_facts(error),
        )
        return Outcome.SUSPECT
    reason = ANSWER_LOST if after_lost_answer else error.reason
    with transaction.atomic():
        if not grant.give_up(reason=reason, tracking_id=error.tracking_id):
            return Outcome.OUTRUN
        GrantEvent.objects.create(
            grant=grant,
            kind=GrantEvent.Kind.CONSENT_LOST,
            reason=reason,
            tracking_id=error.tracking_id,
            at=now,
        )
    logger.warning("Webex consent lost: grant=%s reason=%s %s", grant.pk, reason, error)
    return Outcome.CONSENT_LOST


def _later(grant: Grant, error: WebexUnavailable, *, now: datetime) -> Outcome:
    failures = grant.failure_count + 1
    wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY) * random.uniform(0.9, 1.1)
    if isinstance(error, AmbiguousOutcome):
        is_first = grant.last_error != ANSWER_LOST
        wait = AFTER_LOST_ANSWER if is_first else wait
        error.reason = ANSWER_LOST
    if error.status == 429:
        return _pause_app(grant, error.retry_after or FIRST_RETRY, error, now=now)
    grant.postpone(
        now + wait,
        failure_count=failures,
        failing_since=grant.failing_since or now,
        **_facts(error),
    )
    return Outcome.RETRY_LATER


def _pause_app(grant: Grant, pause: timedelta, error: WebexError, *, now: datetime) -> Outcome:
    """Not this grant's fault: the whole integration waits."""
    until = now + pause
    grant.postpone(until, **_facts(error))
    WebexApp.objects.filter(pk=grant.app_id).update(
        refresh_paused_until=until, pause_reason=str(error)[:200]
    )
    logger.error("Webex integration paused: app=%s until=%s %s", grant.app_id, until, error)
    return Outcome.PAUSED


def _resume_app(app: WebexApp) -> None:
    if app.refresh_paused_until:
        WebexApp.objects.filter(pk=app.pk).update(refresh_paused_until=None, pause_reason="")


def _facts(error: WebexError) -> dict[str, str]:
    return {"last_error": error.reason[:200], "last_tracking_id": error.tracking_id}
