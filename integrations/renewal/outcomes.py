"""What becomes of a grant and its integration when a renewal did not succeed (one rule for all).

A grant is given up only when Webex said so in a way that leaves no doubt; trouble that is not the
grant's own pauses the integration instead.
"""

import logging
import random
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_noop

from integrations import counting
from integrations.actions import Action
from integrations.clock import LEEWAY
from integrations.errors import (
    AmbiguousOutcome,
    InvalidClient,
    InvalidGrant,
    Refused,
    TokenLimit,
    WebexError,
)
from integrations.models import AppIncident, AuditEvent, Grant, GrantEvent, WebexApp
from integrations.models.grant import GrantQuerySet
from integrations.plain_text import one_line
from integrations.webex.answers import BARE_REFUSAL

logger = logging.getLogger(__name__)

ANSWER_LOST = "answer lost"
NOBODY_LINKED = "nobody is linked any more"
WORKER_DIED = "answer lost: a worker died during the call"
FIRST_RETRY, LAST_RETRY = timedelta(minutes=2), timedelta(hours=1)
TOKEN_LIMIT_RETRY = timedelta(hours=1)  # growing to eight: sessions end by themselves
AFTER_LOST_ANSWER = timedelta(seconds=30)
BETWEEN_REFUSALS = timedelta(minutes=1)
LAST_CHANCE = 6.0  # seconds: longer than one attempt to reach the database again
WRONG_CLIENT_PAUSE = timedelta(minutes=10)
WORTH_TRYING_AGAIN = timedelta(days=14)  # as long as an access token lives
REFUSED_PAUSE = timedelta(minutes=5)  # at most, while everybody is refused
CLIENT_REFUSED = "Webex refuses the client ID or secret"


class Outcome(StrEnum):
    RENEWED = gettext_noop("renewed")
    CLAIMED = gettext_noop("renewed by another process meanwhile")
    SUPERSEDED = gettext_noop("linked again or disconnected meanwhile")
    SUSPECT = gettext_noop("refused once")
    CONSENT_LOST = gettext_noop("ended by Webex")
    RETRY_LATER = gettext_noop("retry later")
    PAUSED = gettext_noop("integration paused")


def count(app: WebexApp, tally: Counter[Outcome]) -> None:
    for outcome, number in tally.items():
        name = outcome.name.lower()
        counting.count("webex_renewals", number, integration=one_line(app.name), outcome=name)


def record_failure(grant: Grant, error: WebexError, *, now: datetime) -> Outcome:
    """Of one grant by itself. Only a drain sees enough to give one up."""
    if concerns_integration(error):
        pause(grant.app, error, now=now)
        return release(grant)
    if isinstance(error, InvalidGrant):
        return put_in_doubt(grant, error, now=now, wait=timedelta(0))
    if isinstance(error, Refused):
        return put_in_doubt(grant, error, now=now)
    return retry_later(grant, error, now=now)


def concerns_integration(error: WebexError) -> bool:
    """It says nothing about the grant: the client is refused, or everybody shall wait."""
    return isinstance(error, InvalidClient) or error.status == 429


def was_refused_before(grant: Grant, *, now: datetime) -> bool:
    return grant.suspect_since is not None and now - grant.suspect_since >= BETWEEN_REFUSALS


def put_in_doubt(
    grant: Grant, error: WebexError, *, now: datetime, wait: timedelta = BETWEEN_REFUSALS
) -> Outcome:
    kept = grant.last_error if grant.last_error.startswith(ANSWER_LOST) else error.reason
    grant.postpone(
        now + wait,
        suspect_since=grant.suspect_since or now,
        failing_since=grant.failing_since or now,
        last_error=kept[:200],
        last_tracking_id=error.tracking_id,
    )
    return Outcome.SUSPECT


def until_next_look(grant: Grant, now: datetime) -> timedelta:
    """The longer it is in doubt, the more seldom it is asked about: perhaps for a day."""
    doubted_for = now - (grant.suspect_since or now)
    return min(max(doubted_for / 2, BETWEEN_REFUSALS), REFUSED_PAUSE)


def mark_consent_lost(grant: Grant, error: WebexError, *, now: datetime) -> Outcome:
    reason = grant.last_error if grant.last_error.startswith(ANSWER_LOST) else error.reason
    with transaction.atomic():
        if not grant.mark_consent_lost(reason=reason, tracking_id=error.tracking_id):
            return Outcome.SUPERSEDED
        GrantEvent.objects.record(
            GrantEvent.Kind.CONSENT_LOST,
            grant,
            reason=reason,
            tracking_id=error.tracking_id,
            notice_due=not _was_told(grant, now),
            now=now,
        )
    logger.warning("Webex consent lost: grant=%s reason=%s %s", grant.pk, reason, error)
    return Outcome.CONSENT_LOST


def _was_told(grant: Grant, now: datetime) -> bool:
    """Of the same end, before it was tried once more."""
    tried = grant.events.filter(kind=GrantEvent.Kind.TRIED_AGAIN, at__gt=now - timedelta(days=1))
    return tried.exists()


def try_again(app: WebexApp, *, since: datetime | None, now: datetime) -> int:
    """After the client secret changed: perhaps it was the client that Webex refused, not them.

    Those given up on a bare refusal while the old secret was in use, and not long ago: one call
    each. How many.
    """
    began = max(since or now, now - WORTH_TRYING_AGAIN)
    lost = {"kind": GrantEvent.Kind.CONSENT_LOST, "reason": BARE_REFUSAL, "at__gte": began}
    grants = Grant.objects.filter(
        app=app,
        status=Grant.Status.CONSENT_LOST,
        refresh_token_expires_at__gt=now,
        pk__in=GrantEvent.objects.filter(**lost).values("grant"),
    )
    keys = list(grants.values_list("pk", flat=True))
    Grant.objects.filter(pk__in=keys, status=Grant.Status.CONSENT_LOST).update(
        status=Grant.Status.ACTIVE,
        refresh_due_at=now,
        suspect_since=None,
        version=F("version") + 1,
    )
    tried = Grant.objects.filter(pk__in=keys).select_related("user", "app")
    GrantEvent.objects.record_each(GrantEvent.Kind.TRIED_AGAIN, tried, now=now)
    return len(keys)


def retry_later(grant: Grant, error: WebexError, *, now: datetime) -> Outcome:
    failures, reason = grant.failure_count + 1, error.reason
    wait = back_off(failures)
    if isinstance(error, AmbiguousOutcome):
        wait = wait if grant.last_error.startswith(ANSWER_LOST) else AFTER_LOST_ANSWER
        reason = ANSWER_LOST
    if isinstance(error, TokenLimit):
        wait = TOKEN_LIMIT_RETRY * 2 ** min(failures - 1, 3)
    wait = max(wait, asked_to_wait(error))
    grant.postpone(
        now + wait,
        failure_count=failures,
        failing_since=grant.failing_since or now,
        last_error=reason[:200],
        last_tracking_id=error.tracking_id,
    )
    return Outcome.RETRY_LATER


def take_over_orphans(grants: GrantQuerySet, *, now: datetime) -> bool:
    """Names those of them whose claims ran out: a call under way may have been answered.

    Perhaps whoever made it only waits for the database, so they stay out of reach a little longer:
    a stored answer wins, and nobody spends the same refresh token meanwhile.
    """
    keys = list(grants.orphaned(now).values_list("pk", flat=True))
    if keys:
        logger.warning("A worker died in the middle of its calls: grants=%s", keys)
        orphans = Grant.objects.filter(pk__in=keys).orphaned(now)
        # Long over, or not yet: the clock may have been set, so their calls may be under way.
        doubtful = Q(claimed_until__lt=now - LEEWAY) | Q(claimed_until__gt=now)
        for wait, ended in (
            (settings.REFRESH_CLAIM, orphans.filter(doubtful)),
            (LAST_CHANCE, orphans),
        ):
            until = now + timedelta(seconds=wait)
            ended.update(last_error=WORKER_DIED, claimed_by=None, claimed_until=until)
    return bool(keys)


def release(grant: Grant) -> Outcome:
    """Not this grant's fault: it stays as due as it was."""
    ours = Grant.objects.filter(pk=grant.pk, claimed_by=grant.claimed_by)
    ours.update(claimed_by=None, claimed_until=None)
    return Outcome.PAUSED


def back_off(failures: int) -> timedelta:
    wait: timedelta = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY)
    return wait * random.uniform(0.9, 1.1)


def asked_to_wait(error: WebexError) -> timedelta:
    """Retry-After, of a 429 or a 503 (RFC 9110 section 10.2.3)."""
    return getattr(error, "retry_after", None) or timedelta(0)


def pause(app: WebexApp, error: WebexError, *, now: datetime) -> None:
    """Holds the whole integration. An incident begins, unless Webex only asked to slow down."""
    pauses = app.pause_count + 1
    if error.status == 429:
        wait = asked_to_wait(error) or FIRST_RETRY
    elif isinstance(error, InvalidClient):
        wait = WRONG_CLIENT_PAUSE
    elif isinstance(error, InvalidGrant | Refused):
        wait = min(back_off(pauses), REFUSED_PAUSE)  # the living wait for it
    else:  # an outage: it costs one call, and what comes due meanwhile waits for its end
        wait = max(back_off(1), asked_to_wait(error))
    with transaction.atomic():
        # Not if the secret is new since: what the old one was told says nothing about it.
        ours = WebexApp.objects.filter(pk=app.pk, client_secret_set_at=app.client_secret_set_at)
        if not ours.update(
            refresh_paused_until=now + wait, pause_reason=str(error)[:200], pause_count=pauses
        ):
            return
        if error.status != 429:
            begin_incident(app, error, now=now)
    facts = (app.pk, one_line(app.name), round(wait.total_seconds()), error)
    logger.error(
        "Webex integration paused: app=%s “%s” seconds=%s %s; see “manage.py status”", *facts
    )


def resume(app: WebexApp) -> None:
    """One grant was renewed, so the integration works. The incident ends with a clean drain."""
    if app.pause_reason:
        pauses = app.pause_count  # another pause that began meanwhile stays
        app.resume()
        WebexApp.objects.filter(pk=app.pk, pause_count=pauses).update(
            refresh_paused_until=None, pause_reason="", pause_count=0
        )


def begin_incident(app: WebexApp, error: WebexError, *, now: datetime) -> None:
    """One at a time; operators are told of each once."""
    facts = {"reason": str(error)[:200], "began_at": now}
    with transaction.atomic():
        _, is_new = AppIncident.objects.get_or_create(app=app, ended_at=None, defaults=facts)
        if is_new:
            noted = {"reason": error.reason, "tracking_id": error.tracking_id}
            AuditEvent.objects.record(Action.INTEGRATION_PAUSED, app, now=now, **noted)


def end_incident(app: WebexApp, *, now: datetime, reason: str = "") -> None:
    with transaction.atomic():
        if AppIncident.objects.filter(app=app, ended_at=None).update(ended_at=now):
            AuditEvent.objects.record(Action.INTEGRATION_RESUMED, app, reason=reason, now=now)
