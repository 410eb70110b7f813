"""The authorization code flow with PKCE, as a client (OpenID Connect Core 3.1, RFC 7636)."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from joserfc.jwk import KeySet

from integrations.authorization_url import code_challenge
from integrations.errors import IdTokenRefused, ProviderMisconfigured
from integrations.openid import discovery, id_token
from integrations.openid.discovery import Metadata
from integrations.openid.transport import JSON, fetch_json
from integrations.webex.http import Deadline, Request

FORM = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Client:
    """What an administrator registered us as."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    scopes: str  # separated by spaces


@dataclass(frozen=True)
class Attempt:
    """One sign-in: what its return is held against."""

    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    begun_at: int  # seconds since 1970
    anew: bool = False  # whoever is signed in there shows once more that it is them


def authorization_url(client: Client, metadata: Metadata, attempt: Attempt) -> str:
    parameters = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": attempt.redirect_uri,
        "scope": client.scopes,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": code_challenge(attempt.code_verifier),
        "code_challenge_method": "S256",
    }
    if attempt.anew:
        parameters |= {"prompt": "login", "max_age": "0"}
    return _with_query(metadata.authorization_endpoint, parameters)


def redeem(
    client: Client, code: str, attempt: Attempt, *, now: datetime, deadline: Deadline
) -> dict[str, Any]:
    """Claims about who signed in. Never repeated: a code is good for one use.

    Raises ProviderUnavailable, ProviderMisconfigured or IdTokenRefused.
    """
    metadata = discovery.discover(client.issuer, deadline)
    tokens = fetch_json(_token_request(client, metadata, code, attempt), deadline)
    token, access_token = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(token, str):
        raise ProviderMisconfigured("no_id_token")

    def keys(anew: bool) -> KeySet:
        anew = anew and discovery.may_ask_again(metadata)
        return discovery.signing_keys(metadata, deadline, anew=anew)

    claims = id_token.verify(
        token, keys, issuer=client.issuer, client_id=client.id, nonce=attempt.nonce, now=now
    )
    shown_at = id_token.auth_time(claims) or 0
    if attempt.anew and shown_at < attempt.begun_at - id_token.CLOCK_SKEW:
        raise IdTokenRefused("auth_time")
    if metadata.userinfo_endpoint and isinstance(access_token, str):
        claims = _with_userinfo(claims, metadata, access_token, deadline)
    return claims


def sign_out_url(client: Client, metadata: Metadata, back_to: str) -> str:
    """OpenID Connect RP-Initiated Logout 1.0; empty where the provider has none."""
    if not metadata.end_session_endpoint:
        return ""
    parameters = {"client_id": client.id, "post_logout_redirect_uri": back_to}
    return _with_query(metadata.end_session_endpoint, parameters)


def _with_query(endpoint: str, parameters: dict[str, str]) -> str:
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(parameters)}"


def _token_request(client: Client, metadata: Metadata, code: str, attempt: Attempt) -> Request:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": attempt.redirect_uri,
        "code_verifier": attempt.code_verifier,
    }
    headers = dict(FORM)
    if metadata.wants_secret_in_body:
        form |= {"client_id": client.id, "client_secret": client.secret}
    else:  # RFC 6749 section 2.3.1
        pair = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Request("POST", metadata.token_endpoint, headers, urlencode(form).encode())


def _with_userinfo(
    claims: dict[str, Any], metadata: Metadata, access_token: str, deadline: Deadline
) -> dict[str, Any]:
    """Many providers tell names and groups only here. What is signed wins (Core 5.3.2)."""
    if not access_token.isascii() or not access_token.isprintable():
        raise ProviderMisconfigured("access_token")
    headers = {**JSON, "Authorization": f"Bearer {access_token}"}
    told = fetch_json(Request("GET", metadata.userinfo_endpoint, headers), deadline)
    if told.get("sub") != claims["sub"]:
        raise IdTokenRefused("userinfo sub")
    return {**told, **claims}
