"""Signing in through an identity provider: begin, complete.

1. `begin` says where to send the browser, and what it keeps in a cookie meanwhile.
2. `complete` accepts the return of exactly that attempt, at the hostname where it began, asks the
   provider who it is, and `admission` says who that is here.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing

from accounts.models import User
from integrations.errors import ProviderMisconfigured, SignInRefused
from integrations.linking.consent import LONGEST_CODE, Callback
from integrations.models import BrandedURL, IdentityProvider
from integrations.openid import client, discovery
from integrations.openid.client import Attempt, Client
from integrations.openid.id_token import CLOCK_SKEW, auth_time
from integrations.single_sign_on import admission
from integrations.single_sign_on.doors import Door, signed_out_uri_at
from integrations.webex.http import Deadline

LIFETIME = 600  # seconds for which somebody may stay at the provider
SALT = "integrations.single_sign_on.wanted"
TOLD_FOR, LONGEST_TOLD = 86_400, 200  # seconds; characters


@dataclass(frozen=True)
class Pending:
    """One attempt, as the browser keeps it: signed, for this hostname, in no page."""

    hostname: str
    registration: str  # what the provider was registered as when it began
    begun_at: int  # seconds since 1970
    next_path: str
    state: str = field(repr=False)
    nonce: str = field(default_factory=secrets.token_urlsafe, repr=False)
    code_verifier: str = field(default_factory=secrets.token_urlsafe, repr=False)
    anew: bool = False  # they show once more that it is them
    links_user_id: int | None = None  # who is signed in and wants this identity

    def attempt(self, redirect_uri: str) -> Attempt:
        return Attempt(
            redirect_uri, self.state, self.nonce, self.code_verifier, self.begun_at, self.anew
        )


@dataclass(frozen=True)
class Arrival:
    user: User
    provider: IdentityProvider
    next_path: str
    counts_as_second_factor: bool
    authenticated_at: float  # seconds since 1970; 0: not told, and it may be long ago
    is_linked_now: bool  # to who was signed in already


def client_of(provider: IdentityProvider) -> Client:
    """Raises UndecryptableValue."""
    return Client(
        provider.issuer, provider.client_id, provider.client_secret or "", provider.scopes
    )


def begin(
    door: Door, *, next_path: str, now: datetime, anew: bool = False, links: User | None = None
) -> tuple[str, Pending]:
    """The URL at the provider, and what the browser keeps.

    Raises SignInRefused, ProviderUnavailable, ProviderMisconfigured or UndecryptableValue.
    """
    provider = _provider(door)
    us = client_of(provider)
    metadata = discovery.discover(provider.issuer, Deadline(settings.SSO_TIMEOUT))
    pending = Pending(
        hostname=door.hostname,
        registration=_registration(provider),
        begun_at=int(now.timestamp()),
        next_path=next_path,
        state=_state(door, next_path),
        anew=anew or links is not None,  # the account there is theirs, not the last visitor's
        links_user_id=links.pk if links else None,
    )
    return client.authorization_url(us, metadata, pending.attempt(door.redirect_uri)), pending


def _state(door: Door, next_path: str) -> str:
    """Random; and `wanted` reads from it what is left where the browser has lost the rest.

    The provider can read it, too: no query, and no link that was made for somebody.
    """
    path = next_path.partition("?")[0]
    is_told = path and len(path) < LONGEST_TOLD and not path.startswith("/webex/link/")
    told = signing.dumps([door.hostname, path], salt=SALT) if is_told else ""
    return f"{secrets.token_urlsafe()}.{told}"


def wanted(state: str, door: Door) -> str:
    """The path that whoever left with this state wanted to see; empty: none, or none of ours."""
    try:
        hostname, path = signing.loads(state.partition(".")[2], salt=SALT, max_age=TOLD_FOR)
    except signing.BadSignature:
        return ""
    return path if hostname == door.hostname else ""


def complete(
    callback: Callback, pending: Pending | None, door: Door, *, user: User | None, now: datetime
) -> Arrival:
    """Raises what `begin` raises, and IdTokenRefused. `user`: who is signed in already."""
    provider = _provider(door)
    if pending is None or not _is_ours(callback, pending, provider, door, now):
        raise SignInRefused("state")
    if pending.links_user_id and (user is None or user.pk != pending.links_user_id):
        raise SignInRefused("state")
    deadline = Deadline(settings.SSO_TIMEOUT)
    metadata = discovery.discover(provider.issuer, deadline)
    if callback.iss != provider.issuer and (callback.iss or metadata.names_itself):
        raise SignInRefused("issuer")  # RFC 9207: another provider answered
    if callback.error:
        raise SignInRefused("declined" if callback.error == "access_denied" else "ended")
    us, attempt = client_of(provider), pending.attempt(door.redirect_uri)
    try:
        claims = client.redeem(us, callback.code, attempt, now=now, deadline=deadline)
    except ProviderMisconfigured as error:
        if error.reason != "invalid_grant":  # RFC 6749 section 5.2: the code, not the client
            raise
        raise SignInRefused("state") from None
    links = user if pending.links_user_id else None
    admitted = admission.admit(provider, claims, door=door, links=links, now=now)
    _note_return(provider, door, now)
    return Arrival(
        user=admitted,
        provider=provider,
        next_path=pending.next_path,
        counts_as_second_factor=provider.counts_as_second_factor(claims),
        authenticated_at=_authenticated_at(claims, now),
        is_linked_now=links is not None,
    )


def sign_out_url(provider: IdentityProvider, door: Door) -> str:
    """Where somebody ends their session at the provider, too; empty where it offers none.

    Raises what `begin` raises.
    """
    metadata = discovery.discover(provider.issuer, Deadline(settings.SSO_TIMEOUT))
    back_to = signed_out_uri_at(door.hostname)
    return client.sign_out_url(client_of(provider), metadata, back_to)


def _authenticated_at(claims: dict[str, Any], now: datetime) -> float:
    """Not the moment of a sign-in that the provider granted to an old session of theirs."""
    return max(0.0, min(auth_time(claims) or 0.0, now.timestamp()))


def _provider(door: Door) -> IdentityProvider:
    if door.provider is None:
        raise SignInRefused("off")
    return door.provider


def _is_ours(
    callback: Callback, pending: Pending, provider: IdentityProvider, door: Door, now: datetime
) -> bool:
    age = int(now.timestamp()) - pending.begun_at
    return (
        not callback.malformed
        and secrets.compare_digest(callback.state, pending.state)
        and pending.hostname == door.hostname
        and pending.registration == _registration(provider)
        and -CLOCK_SKEW <= age <= LIFETIME
        and bool(callback.code or callback.error)
        and len(callback.code) <= LONGEST_CODE
    )


def _registration(provider: IdentityProvider) -> str:
    """Another one, and what was begun under the old one is not finished under it."""
    text = f"{provider.pk} {provider.issuer} {provider.client_id}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _note_return(provider: IdentityProvider, door: Door, now: datetime) -> None:
    if door.is_portal:
        IdentityProvider.objects.returned(provider.pk, now=now)
    else:
        BrandedURL.objects.signed_in(door.hostname, now=now)
