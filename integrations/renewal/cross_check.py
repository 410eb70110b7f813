"""Asking about somebody else, before a grant is given up on a refusal that may mean anything."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from integrations import fields
from integrations.clock import Ticking
from integrations.database import retry_write
from integrations.errors import (
    InvalidGrant,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, WebexApp
from integrations.models.grant import GrantQuerySet
from integrations.models.renewal import Renewal
from integrations.renewal import outcomes, rate_limit
from integrations.renewal.refusal_policy import EVERYBODY, Others
from integrations.tokens import TokenSet
from integrations.webex import oauth
from integrations.webex.http import Deadline

LONGEST_WAIT = timedelta(seconds=5)  # for the rate limit


@dataclass(frozen=True)
class Result:
    is_accepted: bool
    others: Others  # matters where nobody was accepted
    refused: int


def ask_others(
    app: WebexApp,
    client: oauth.Client,
    ticking: Ticking,
    *,
    orgs: set[str],
    refused: list[int],
) -> Result:
    """Renews grants without trouble of their own until one is accepted, a few at most.

    `refused` are grants that nobody asks again, other organisations than `orgs` come first. Each
    that is refused becomes suspect itself, so the next one is another.
    """
    count, others = 0, Grant.objects.exclude(pk__in=refused)
    while count < EVERYBODY and others.untroubled_in_app(app.pk).exists():
        row = _claim(others, app, ticking, orgs) if _is_allowed(app, ticking) else None
        answer = _renew(client, row, ticking) if row else WebexUnavailable("nobody could be asked")
        if answer is None:
            return Result(True, Others.NOT_ASKED, count)
        if row is None or not isinstance(answer, InvalidGrant | Refused):
            return Result(False, Others.NOT_ASKED, count)
        orgs, count = orgs | {row.org_id}, count + 1
    return Result(False, Others.REFUSED if count else Others.NOBODY, count)


@dataclass(frozen=True, slots=True)
class _Row:
    claimed_at: datetime
    pk: int
    version: int
    ciphertext: str = field(repr=False)
    org_id: str


def _is_allowed(app: WebexApp, ticking: Ticking) -> bool:
    allowed, wait = rate_limit.reserve(app, most=1, now=ticking.now())
    if not allowed and wait <= LONGEST_WAIT:
        time.sleep(wait.total_seconds())
        allowed, _wait = rate_limit.reserve(app, most=1, now=ticking.now())
    return allowed > 0


def _claim(others: GrantQuerySet, app: WebexApp, ticking: Ticking, orgs: set[str]) -> _Row | None:
    now = ticking.ask()
    healthy = others.healthy_in_app(app.pk, now)
    elsewhere = healthy.exclude(org_id__in=orgs - {""})
    for grants in (elsewhere, healthy):
        columns = ("id", "version", "refresh_token", "org_id")
        rows = grants.claim_columns(*columns, most=1, now=now, seconds=settings.REFRESH_CLAIM)
        if rows:
            # Due from now on: or, if this process is killed, nobody takes the row over.
            Grant.objects.filter(pk=rows[0][0]).update(refresh_due_at=now)
            return _Row(now, *rows[0])
    return None


def _renew(client: oauth.Client, row: _Row, ticking: Ticking) -> WebexError | None:
    """None where it was accepted."""
    answer = _ask(client, row)
    if isinstance(answer, WebexError):
        retry_write(lambda: _record(row, answer, ticking.now()), [row.pk])
        return answer
    renewals = [Renewal(row.pk, row.version, answer)]
    retry_write(lambda: Grant.objects.store_renewals(renewals, now=ticking.now()), [row.pk])
    return None


def _ask(client: oauth.Client, row: _Row) -> TokenSet | WebexError:
    deadline = Deadline(settings.WEBEX_TIMEOUT)
    try:
        token = oauth.RefreshToken(fields.decrypt(row.ciphertext))
        return oauth.refresh(client, token, sent_at=row.claimed_at, deadline=deadline)
    except UndecryptableValue:
        return WebexUnavailable("undecryptable")
    except WebexError as error:
        return error.with_traceback(None)


def _record(row: _Row, error: WebexError, now: datetime) -> None:
    grants = Grant.objects.select_related("app")
    for grant in grants.filter(pk=row.pk, version=row.version):
        refused = isinstance(error, InvalidGrant | Refused)
        (outcomes.put_in_doubt if refused else outcomes.record_failure)(grant, error, now=now)
