"""The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636): begin, complete.

1. `begin` remembers the request and says where to send the browser.
2. `complete` accepts the return of exactly that request, once, and asks Webex for tokens.
   Where another Webex person consented than is linked already, `replacement` asks first.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from accounts.models import User
from integrations import authorization_url
from integrations.database import retry_write
from integrations.errors import (
    AccessDenied,
    AuthorizationFailed,
    ConsentRefused,
    NotReady,
)
from integrations.linking import completion, disconnection, link_status
from integrations.linking.link_status import LinkStatus
from integrations.models import AuthorizationRequest, BrandedURL, GrantEvent
from integrations.renewal.client_secrets import Clients
from integrations.tokens import Person, TokenSet
from integrations.webex import oauth
from integrations.webex.http import Deadline

CALLBACK_SECONDS = 19.0  # for all calls of one callback; gunicorn's own limit is 30
STORE_PATIENCE = 3.0  # seconds for which a browser waits for a database that is away
LONGEST_CODE = 4096  # characters
STATE = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as we make them; PostgreSQL would choke on a NUL
ERROR_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class Callback:
    """What Webex sent the browser back with; empty where a parameter is absent.

    `malformed` says, for the log, why nothing could be read from it.
    """

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    iss: str = ""
    malformed: str = ""


@dataclass(frozen=True)
class Linked:
    next_path: str
    link_status: LinkStatus


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
    if not (brand and brand.app and brand.app.is_enabled and brand.app.pasted):
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
    """Raises ConsentRefused where the callback is not ours, else what Webex made of it, or one of
    `database.AWAY` where the answer could not be stored.

    Nothing is stored unless everything succeeded; an existing grant stays as it was.
    """
    check_shape(callback)
    request = brand and AuthorizationRequest.objects.consume(
        callback.state, user=user, brand=brand, browser_binding=browser_binding, now=now
    )
    if not request:
        note_return(callback, now=now)
        raise ConsentRefused("state")
    try:
        tokens, person = redeem(request, callback, now=now)
    except AccessDenied:
        completion.record_declined(request, now=now)
        raise

    def store() -> Linked | Undecided:
        BrandedURL.objects.returned(request.redirect_uri, brand=brand, now=now)
        return _link_if_still_wanted(request, tokens, person, now=now)

    try:
        return retry_write(store, [request.pk], kind="consents", patience=STORE_PATIENCE)
    except ConsentRefused:
        disconnection.discard(tokens, person, request.app)
        raise


def note_return(callback: Callback, *, now: datetime) -> None:
    """The browser came back, though not as it left: nothing is linked, and nothing is spent."""
    if STATE.fullmatch(callback.state):
        AuthorizationRequest.objects.note_return(callback.state, now=now)


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
    return tokens, completion.identify(tokens, deadline)


def check_shape(callback: Callback) -> None:
    """Before the state is spent. An `iss` must be Webex's where there is one (RFC 9207)."""
    if callback.malformed:
        raise ConsentRefused(callback.malformed)
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
    clients = Clients(request.app, now=sent_at, client_id=request.client_id)
    code = oauth.AuthorizationCode(callback.code, request.redirect_uri, request.code_verifier)
    exchange = partial(oauth.exchange_code, code=code, sent_at=sent_at, deadline=deadline)
    tokens = clients.ask(exchange)
    clients.remember(now=sent_at)
    return completion.as_requested(tokens, request.app)


def _link_if_still_wanted(
    request: AuthorizationRequest, tokens: TokenSet, person: Person, *, now: datetime
) -> Linked | Undecided:
    with transaction.atomic():
        ended = GrantEvent.objects.disconnected(
            user_id=request.user_id, app_id=request.app_id, since=request.consumed_at or now
        )
        if ended or not AuthorizationRequest.objects.still_wanted(request.pk):
            raise ConsentRefused("changed_meanwhile")
        grant = completion.link_or_ask(request, tokens, person, now=now)
    if grant is None:
        return Undecided(request.pk)
    return Linked(request.next_path, link_status.for_grant(grant, request.app.scopes))
