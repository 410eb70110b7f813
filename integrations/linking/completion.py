"""The end that every way of linking has: whose account it is, whether it replaces another, stored.

The authorization code grant and the device grant differ in how tokens come, not in what they mean.
"""

import dataclasses
import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from integrations.errors import InsufficientScope, Refused, WebexUnavailable
from integrations.models import Grant, GrantEvent, WebexApp
from integrations.models.held_consent import HeldConsent
from integrations.tokens import Person, TokenSet
from integrations.webex import api
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """Replace the account that is linked by the one that just consented?"""

    present: Person
    proposed: Person


def as_requested(tokens: TokenSet, app: WebexApp) -> TokenSet:
    """Without a scope in the answer it is as requested (RFC 6749 section 5.1)."""
    if tokens.scope is not None:
        return tokens
    return dataclasses.replace(tokens, scope=frozenset(app.scopes))


def identify(tokens: TokenSet, deadline: Deadline) -> Person:
    person = api.my_person(tokens.bearer, deadline=deadline)
    try:
        name = api.organization_name(tokens.bearer, person.org_id, deadline=deadline)
    except (InsufficientScope, Refused, WebexUnavailable):
        name = ""
    return dataclasses.replace(person, org_name=name)


def settle(
    request: HeldConsent, tokens: TokenSet, person: Person, *, now: datetime, reason: str = ""
) -> Grant | None:
    """None where another Webex person is linked: then the request holds the tokens meanwhile."""
    with transaction.atomic():
        grants = Grant.objects.select_for_update()  # who is linked must not change
        grant, _ = grants.get_or_create(user=request.user, app=request.app)
        was = grant.status
        if was != Grant.Status.DISCONNECTED and grant.person_id != person.id:
            request.hold(tokens, person)
            return None
        grant.store(tokens, now=now, person=person)
        disconnected = was == Grant.Status.DISCONNECTED
        kind = GrantEvent.Kind.LINKED if disconnected else GrantEvent.Kind.RELINKED
        GrantEvent.objects.create(grant=grant, kind=kind, actor=request.user, reason=reason, at=now)
    logger.info("Webex linked: grant=%s user=%s app=%s", grant.pk, grant.user_id, grant.app_id)
    return grant


def choice(request: HeldConsent) -> Choice:
    present = Grant.objects.get(user=request.user, app=request.app).person
    return Choice(present, request.held()[1])


def decide(request: HeldConsent, *, replace: bool, now: datetime) -> None:
    """Replaces the linked Webex account, or forgets the new consent."""
    with transaction.atomic():
        if not replace:
            return request.drop_held()
        tokens, person = request.held()
        request.drop_held()
        grant, _ = Grant.objects.get_or_create(user=request.user, app=request.app)
        reason = f"{grant.person_email} → {person.email}"[:200]
        grant.store(tokens, now=now, person=person)
        GrantEvent.objects.create(
            grant=grant,
            kind=GrantEvent.Kind.REPLACED,
            actor=request.user,
            reason=reason,
            at=now,
        )
