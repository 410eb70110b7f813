"""Ending a consent: our tokens go first, then Webex is asked to forget too, if it allows that."""

import logging
import threading
from contextlib import suppress
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from integrations import scopes
from integrations.errors import IntegrationError, NotLinked, UndecryptableValue
from integrations.models import (
    AuthorizationRequest,
    BrandedURL,
    DeviceAuthorization,
    Grant,
    GrantEvent,
    WebexApp,
)
from integrations.tokens import Bearer, Person, TokenSet
from integrations.webex import authorizations
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

REVOCATION_SECONDS = 8.0
THREAD = "revocation"


class Revocation(StrEnum):
    """What became of the authorization at Webex, after our tokens were deleted."""

    REVOKED = "revoked"
    NOT_PERMITTED = "not_permitted"  # the granted scopes do not allow it
    SHARED = "shared"  # the same Webex account is linked elsewhere with the same client ID
    LATER = "later"  # Webex is busy; nobody waits for its answer
    FAILED = "failed"


def disconnect(
    *, user: User, brand: BrandedURL | None, now: datetime, waits: bool = True
) -> Revocation:
    """The user's own wish; with `waits` the answer of Webex is waited for. Raises NotLinked."""
    app = brand.app if brand else None
    grant = Grant.objects.not_disconnected().filter(user=user, app=app).first()
    if grant is None:
        raise NotLinked
    bearer = _forget(grant, by=user, reason="", now=now)
    if waits:
        return _tell_webex(grant, bearer)
    _tell_webex_later([(grant, bearer)])
    return Revocation.LATER


def end_each(grants: QuerySet[Grant], *, by: User | None, reason: str, now: datetime) -> int:
    """How many were ended; those that were disconnected already do not count.

    Webex is told after the commit, for the admin deactivates and deletes users in a transaction,
    and by a thread: no page waits for a thousand answers.
    """
    live = grants.exclude(status=Grant.Status.DISCONNECTED).select_related("user", "app")
    ended = []
    for grant in live:
        with suppress(NotLinked):  # disconnected meanwhile
            ended.append((grant, _forget(grant, by=by, reason=reason, now=now)))
    _tell_webex_later(ended)
    return len(ended)


def end_all_of(user: User, *, by: User | None, reason: str, now: datetime) -> int:
    return end_each(Grant.objects.filter(user=user), by=by, reason=reason, now=now)


def end_for_inactive_users(*, now: datetime) -> int:
    gone = Grant.objects.of_inactive_users()
    return end_each(gone, by=None, reason="user deactivated", now=now)


def discard(tokens: TokenSet, person: Person, app: WebexApp) -> None:
    """Tokens that came for somebody who is not entitled to them any more: Webex is told, if it
    may be, and they are not kept."""
    _tell_webex(_not_kept(tokens, person, app), tokens.bearer)


def discard_later(tokens: TokenSet, person: Person, app: WebexApp) -> None:
    """The same after the commit, with nobody waiting."""
    _tell_webex_later([(_not_kept(tokens, person, app), tokens.bearer)])


def _not_kept(tokens: TokenSet, person: Person, app: WebexApp) -> Grant:
    return Grant(app=app, person_id=person.id, scope=" ".join(tokens.scope or ()))


def withdraw_questions(whose: Q) -> None:
    """Forgets the consents that wait for "replace A by B?", whichever way they were given."""
    for kind in (AuthorizationRequest, DeviceAuthorization):
        waiting = kind._default_manager.filter(whose, pending_tokens__isnull=False)
        waiting.update(pending_tokens=None)


def _forget(grant: Grant, *, by: User | None, reason: str, now: datetime) -> Bearer | None:
    """Returns the token to tell Webex with. Raises NotLinked."""
    bearer = _bearer(grant)
    with transaction.atomic():
        if not grant.disconnect():
            raise NotLinked
        withdraw_questions(Q(user=grant.user_id, app=grant.app_id))
        kind = GrantEvent.Kind.DISCONNECTED
        GrantEvent.objects.record(kind, grant, by=by, reason=reason, now=now)
    return bearer


def _tell_webex_later(ended: list[tuple[Grant, Bearer | None]]) -> None:
    if ended:
        telling = threading.Thread(target=_tell_webex_each, args=(ended,), name=THREAD, daemon=True)
        transaction.on_commit(telling.start)


def _tell_webex_each(ended: list[tuple[Grant, Bearer | None]]) -> None:
    try:
        for grant, bearer in ended:
            _tell_webex(grant, bearer)
    finally:
        connection.close()


def _tell_webex(grant: Grant, bearer: Bearer | None) -> Revocation:
    revocation = _revoke(grant, bearer)
    logger.info("Webex disconnected: grant=%s revocation=%s", grant.pk, revocation)
    return revocation


def _bearer(grant: Grant) -> Bearer | None:
    try:
        return grant.bearer() if grant.access_token else None
    except UndecryptableValue:
        return None


def _revoke(grant: Grant, bearer: Bearer | None) -> Revocation:
    """By the authorization's own id. Deleting by client id might hit a whole organisation."""
    if not grant.scopes >= scopes.REVOCATION:
        return Revocation.NOT_PERMITTED
    if Grant.objects.of_person(grant.person_id, client_id=grant.app.client_id).exists():
        return Revocation.SHARED
    try:
        return _delete_authorizations(grant, bearer) if bearer else Revocation.FAILED
    except IntegrationError as error:
        logger.warning("Webex revocation failed: grant=%s reason=%s", grant.pk, error)
        return Revocation.FAILED


def _delete_authorizations(grant: Grant, bearer: Bearer) -> Revocation:
    """A refresh token takes its access tokens along, so our own, the newest, goes last."""
    deadline = Deadline(REVOCATION_SECONDS)
    found = authorizations.authorizations(bearer, grant.person_id, deadline=deadline)
    ours = [each for each in found if each.client_id == grant.app.client_id and each.is_refresh]
    for authorization in sorted(ours, key=lambda each: each.created):
        authorizations.delete_authorization(bearer, authorization.id, deadline=deadline)
    return Revocation.REVOKED if ours else Revocation.FAILED
