"""The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636): begin, complete, decide.

1. `begin` remembers the request and says where to send the browser.
2. `complete` accepts the return of exactly that request, once, and asks Webex for tokens.
3. `decide` settles the case where another Webex person consented than is linked already.
"""

import dataclasses
import logging
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import User
from integrations.errors import (
    AccessDenied,
    AuthorizationFailed,
    ConsentRefused,
    InsufficientScope,
    NotReady,
    Refused,
    WebexUnavailable,
)
from integrations.flows import standing
from integrations.models import AuthorizationRequest, BrandedURL, Grant, GrantEvent
from integrations.tokens import Person, TokenSet
from integrations.webex import api, authorization_url, oauth
from integrations.webex.http import Deadline

logger = logging.getLogger(__name__)

CALLBACK_SECONDS = 19.0  # for all calls of one callback; gunicorn's own limit is 30
LONGEST_CODE = 4096  # characters
STATE = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as we make them; PostgreSQL would choke on a NUL
ERROR_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class Callback:
    """What Webex sent the browser back with; empty where a parameter is absent."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    iss: str = ""


@dataclass(frozen=True)
class Linked:
    next_path: str
    standing: standing.Standing


@dataclass(frozen=True)
class Undecided:
    """Another person than the linked one consented: ask the user with this request's id."""

    request_id: int


def new_browser_binding() -> str:
    return secrets.token_urlsafe(32)


def begin(
    *, user: User, brand: BrandedURL | None, browser_binding: str, next_path: str, now: datetime
) -> str:
    """The URL at Webex to send the browser to. Raises NotReady."""
    if brand is None or brand.app is None or not brand.app.is_enabled:
        raise NotReady
    with transaction.atomic():
        request = AuthorizationRequest.objects.begin(
            user=user, brand=brand, browser_binding=browser_binding, next_path=next_path, now=now
        )
    return authorization_url.build(
        client_id=request.client_id,
        scopes=brand.app.scopes,
        redirect_uri=request.redirect_uri,
        state=request.state,
        code_verifier=request.code_verifier,
    )


def complete(
    callback: Callback,
    *,
    user: User,
    brand: BrandedURL | None,
    browser_binding: str,
    now: datetime,
) -> Linked | Undecided:
    """Raises ConsentRefused where the callback is not ours, else what Webex made of it.

    Nothing is stored unless everything succeeded; an existing grant stays as it was.
    """
    check_shape(callback)
    request = brand and AuthorizationRequest.objects.consume(
        callback.state, user=user, brand=brand, browser_binding=browser_binding, now=now
    )
    if not request:
        raise ConsentRefused("state")
    tokens, person = redeem(request, callback, now=now)
    BrandedURL.objects.returned(request.redirect_uri, brand=brand, now=now)
    return _settle(request, tokens, person, now=now)


def redeem(
    request: AuthorizationRequest, callback: Callback, *, now: datetime
) -> tuple[TokenSet, Person]:
    """Tokens, and whose they are. Raises what Webex made of it."""
    if callback.error == "access_denied":
        raise AccessDenied(callback.error)
    if callback.error:
        known = ERROR_CODE.fullmatch(callback.error)  # the log shows it
        raise AuthorizationFailed(callback.error if known else "no error code")
    deadline = Deadline(CALLBACK_SECONDS)
    tokens = _exchange(request, callback, sent_at=now, deadline=deadline)
    return tokens, _identify(tokens, deadline)


def check_shape(callback: Callback) -> None:
    """Before the state is spent. An `iss` must be Webex's where there is one (RFC 9207)."""
    if callback.iss and callback.iss not in settings.WEBEX_ISSUERS:
        raise ConsentRefused("issuer")
    if not callback.state or not (callback.code or callback.error):
        raise ConsentRefused("incomplete")
    if not STATE.fullmatch(callback.state):
        raise ConsentRefused("state")
    if len(callback.code) > LONGEST_CODE:
        raise ConsentRefused("oversized")


def _exchange(
    request: AuthorizationRequest, callback: Callback, *, sent_at: datetime, deadline: Deadline
) -> TokenSet:
    client = oauth.Client(request.client_id, request.app.client_secret or "")
    code = oauth.AuthorizationCode(callback.code, request.redirect_uri, request.code_verifier)
    tokens = oauth.exchange_code(client, code, sent_at=sent_at, deadline=deadline)
    if tokens.scope is None:  # RFC 6749 section 5.1: then it is as requested
        tokens = dataclasses.replace(tokens, scope=frozenset(request.app.scopes))
    return tokens


def _identify(tokens: TokenSet, deadline: Deadline) -> Person:
    person = api.my_person(tokens.bearer, deadline=deadline)
    try:
        name = api.organization_name(tokens.bearer, person.org_id, deadline=deadline)
    except (InsufficientScope, Refused, WebexUnavailable):
        name = ""
    return dataclasses.replace(person, org_name=name)


def _settle(
    request: AuthorizationRequest, tokens: TokenSet, person: Person, *, now: datetime
) -> Linked | Undecided:
    with transaction.atomic():
        if not AuthorizationRequest.objects.still_wanted(request.pk):
            raise ConsentRefused("changed_meanwhile")
        grants = Grant.objects.without_tokens().select_for_update()  # who is linked must not change
        grant, _ = grants.get_or_create(user=request.user, app=request.app)
        was = grant.status
        if was != Grant.Status.DISCONNECTED and grant.person_id != person.id:
            request.hold(tokens, person)
            return Undecided(request.pk)
        grant.store(tokens, now=now, person=person)
        disconnected = was == Grant.Status.DISCONNECTED
        kind = GrantEvent.Kind.LINKED if disconnected else GrantEvent.Kind.RELINKED
        GrantEvent.objects.create(grant=grant, kind=kind, actor=request.user, at=now)
    logger.info("Webex linked: grant=%s user=%s app=%s", grant.pk, grant.user_id, grant.app_id)
    return Linked(request.next_path, standing.judge(grant, request.app))


@dataclass(frozen=True)
class Choice:
    """Replace the account that is linked by the one that just consented?"""

    request_id: int
    present: Person
    proposed: Person


def choice(*, request_id: int, user: User, brand: BrandedURL | None, now: datetime) -> Choice:
    """Raises AuthorizationRequest.DoesNotExist where there is nothing (left) to decide."""
    request = _undecided(request_id, user, brand, now)
    present = Grant.objects.without_tokens().get(user=user, app=request.app).person
    return Choice(request.pk, present, request.held()[1])


def decide(
    *, request_id: int, replace: bool, user: User, brand: BrandedURL | None, now: datetime
) -> str:
    """Replaces the linked Webex account, or forgets the new consent. Returns the next path.

    Raises AuthorizationRequest.DoesNotExist like `choice`.
    """
    with transaction.atomic():
        request = _undecided(request_id, user, brand, now, lock=True)
        tokens, person = request.held()
        request.drop_held()
        if replace:
            grant, _ = Grant.objects.without_tokens().get_or_create(user=user, app=request.app)
            reason = f"{grant.person_email} → {person.email}"[:200]
            grant.store(tokens, now=now, person=person)
            GrantEvent.objects.create(
                grant=grant, kind=GrantEvent.Kind.REPLACED, actor=user, reason=reason, at=now
            )
    return request.next_path


def _undecided(
    request_id: int, user: User, brand: BrandedURL | None, now: datetime, *, lock: bool = False
) -> AuthorizationRequest:
    waiting = AuthorizationRequest.objects.undecided(user, now).select_related("app")
    if lock:
        waiting = waiting.select_for_update(of=("self",))
    app = brand.app if brand else None
    return waiting.get(pk=request_id, app=app, app__is_enabled=True)
