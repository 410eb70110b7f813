"""Asking about somebody else, before a grant is given up on a refusal that may mean anything."""

import time
from datetime import datetime, timedelta

from django.conf import settings

from integrations import fields
from integrations.clock import Ticking
from integrations.database import insist
from integrations.errors import (
    InvalidGrant,
    Refused,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant, WebexApp
from integrations.models.renewal import Renewal
from integrations.renewal import outcomes, rate_limit
from integrations.tokens import TokenSet
from integrations.webex import oauth
from integrations.webex.http import Deadline

LONGEST_WAIT = timedelta(seconds=5)  # for the rate limit


def is_accepted(app: WebexApp, client: oauth.Client, ticking: Ticking) -> bool | None:
    """Whether Webex renews a grant without trouble of its own; None where all others have some.

    A witness that is refused becomes suspect itself, so the next one is another.
    """
    if not Grant.objects.untroubled_in_app(app.pk).exists():
        return None
    if not _is_allowed(app, ticking):
        return False
    now = ticking.now()
    claim = {"most": 1, "now": now, "seconds": settings.REFRESH_CLAIM}
    healthy = Grant.objects.healthy_in_app(app.pk, now)
    claimed = healthy.claim_columns("id", "version", "refresh_token", **claim)
    return any(_is_renewed(client, row, ticking, now) for row in claimed)


def _is_allowed(app: WebexApp, ticking: Ticking) -> bool:
    allowed, wait = rate_limit.reserve(app, most=1, now=ticking.now())
    if not allowed and wait <= LONGEST_WAIT:
        time.sleep(wait.total_seconds())
        allowed, _wait = rate_limit.reserve(app, most=1, now=ticking.now())
    return allowed > 0


def _is_renewed(
    client: oauth.Client, row: tuple[int, int, str], ticking: Ticking, now: datetime
) -> bool:
    pk, version, ciphertext = row
    Grant.objects.filter(pk=pk).update(refresh_due_at=now)  # or, if we are killed, nobody adopts it
    verdict = _ask(client, ciphertext, now)
    if isinstance(verdict, WebexError):
        insist(lambda: _note(pk, version, verdict, ticking.now()), [pk])
        return False
    renewals = [Renewal(pk, version, verdict)]
    insist(lambda: Grant.objects.store_renewals(renewals, now=ticking.now()), [pk])
    return True


def _ask(client: oauth.Client, ciphertext: str, now: datetime) -> TokenSet | WebexError:
    deadline = Deadline(settings.WEBEX_TIMEOUT)
    try:
        token = oauth.RefreshToken(fields.decrypt(ciphertext))
        return oauth.refresh(client, token, sent_at=now, deadline=deadline)
    except UndecryptableValue:
        return WebexUnavailable("undecryptable")
    except WebexError as error:
        return error.with_traceback(None)


def _note(pk: int, version: int, error: WebexError, now: datetime) -> None:
    grants = Grant.objects.select_related("app")
    for grant in grants.filter(pk=pk, version=version):
        refused = isinstance(error, InvalidGrant | Refused)
        (outcomes.suspected if refused else outcomes.failed)(grant, error, now=now)
