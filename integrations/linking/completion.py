"""The end that every way of linking has: whose account it is, whether it replaces another, stored.

The authorization code grant and the device grant differ in how tokens come, not in what they mean.
"""

import dataclasses
import logging
from datetime import datetime

from django.db import transaction

from integrations.errors import WebexError
from integrations.models import Grant, GrantEvent, WebexApp
from integrations.models.pending_consent import PendingConsent
from integrations.tokens import Person, TokenSet
from integrations.webex import people
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

LINKED: dict[str, GrantEvent.Kind] = {  # what linking is, by what the grant was before
    Grant.Status.DISCONNECTED: GrantEvent.Kind.LINKED,
    Grant.Status.CONSENT_LOST: GrantEvent.Kind.RECOVERED,
    Grant.Status.ACTIVE: GrantEvent.Kind.RELINKED,
}


def as_requested(tokens: TokenSet, app: WebexApp) -> TokenSet:
    """Without a scope in the answer it is as requested (RFC 6749 section 5.1)."""
    if tokens.scope is not None:
        return tokens
    return dataclasses.replace(tokens, scope=frozenset(app.scopes))


def identify(tokens: TokenSet, deadline: Deadline) -> Person:
    person = people.my_person(tokens.bearer, deadline=deadline)
    try:
        name = people.organization_name(tokens.bearer, person.org_id, deadline=deadline)
    except WebexError:
        name = ""
    return dataclasses.replace(person, org_name=name)


def link_or_ask(
    request: PendingConsent, tokens: TokenSet, person: Person, *, now: datetime, reason: str = ""
) -> Grant | None:
    """None where another Webex person is linked: then the request holds the tokens meanwhile."""
    with transaction.atomic():
        grants = Grant.objects.select_for_update()  # who is linked must not change
        grant, _ = grants.get_or_create(user=request.user, app=request.app)
        grant.user, grant.app = request.user, request.app  # or each would be read again
        was = grant.status
        if was != Grant.Status.DISCONNECTED and grant.person_id != person.id:
            request.store_pending_tokens(tokens, person)
            return None
        grant.store(tokens, now=now, person=person, hostname=request.hostname)
        GrantEvent.objects.record(LINKED[was], grant, by=request.user, reason=reason, now=now)
    logger.info("Webex linked: grant=%s user=%s app=%s", grant.pk, grant.user_id, grant.app_id)
    return grant


def record_declined(request: PendingConsent, *, now: datetime, reason: str = "") -> None:
    """An existing grant stays as it was, and tells that its user declined another consent."""
    linked = Grant.objects.not_disconnected().filter(user=request.user_id, app=request.app_id)
    kind, user = GrantEvent.Kind.DECLINED, request.user
    grants = linked.select_related("user", "app")
    GrantEvent.objects.record_each(kind, grants, by=user, reason=reason, now=now)
