"""POST /v1/access_token: client authentication, the two grant types, their errors
(contract 2.3, 3, 4). A further grant type is one function in GRANT_TYPES.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

from integrations.sandbox.core.entities import Code, Integration
from integrations.sandbox.core.grants import begin, renew
from integrations.sandbox.core.http import (
    ApiError,
    Params,
    Refusal,
    Request,
    Response,
    Routes,
    json_answer,
)
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.caller import check_rate

routes = Routes()
MALFORMED = "The request could not be understood by the server due to malformed syntax."
UNAUTHENTICATED = "The client could not be authenticated."
CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


class OAuthError(Refusal):
    """A refusal at the token endpoint, in the shape the scenario asks for (contract 4)."""

    def __init__(self, state: State, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.shape = state.scenario.error_shape
        self.error = error
        self.description = description
        self.status = status

    def response(self, request: Request) -> Response:
        if self.shape == "oauth":
            body = {"error": self.error, "error_description": self.description}
            return json_answer(body, self.status)
        message = UNAUTHENTICATED if self.status == 401 else MALFORMED
        return ApiError(self.status, message, self.description).response(request)


@routes("POST", "/v1/access_token")
def access_token(state: State, request: Request) -> Response:
    if request.content_type != "application/x-www-form-urlencoded":
        raise ApiError(415, "Send application/x-www-form-urlencoded.")
    if request.form.repeated:
        raise OAuthError(state, "invalid_request", "A parameter is repeated.")
    integration = authenticated_client(state, request)
    check_limits(state, integration)
    grant_type = GRANT_TYPES.get(request.form.get("grant_type", ""))
    if grant_type is None:
        raise OAuthError(state, "unsupported_grant_type", "The grant type is not supported.")
    return json_answer(grant_type(state, integration, request.form))


def authenticated_client(state: State, request: Request) -> Integration:
    """By body or Basic; the secret is required even with PKCE (contract 2.3)."""
    client_id, secret = _credentials(state, request)
    integration = state.integrations.get(client_id)
    if integration is None:
        raise OAuthError(state, "invalid_client", "Client Id is invalid")
    if not secret:
        raise OAuthError(state, "invalid_client", "client_secret cannot be null or empty")
    if not hmac.compare_digest(secret.encode(), integration.client_secret.encode()):
        raise OAuthError(state, "invalid_client", "The provided clientSecret is invalid", 401)
    return integration


def _credentials(state: State, request: Request) -> tuple[str, str]:
    form = request.form
    if request.basic_credentials is None:
        return form.get("client_id", ""), form.get("client_secret", "")
    client_id, secret = request.basic_credentials
    if "client_secret" in form or form.get("client_id", client_id) != client_id:
        raise OAuthError(state, "invalid_request", "Use one way to authenticate the client.")
    return client_id, secret


def check_limits(state: State, integration: Integration) -> None:
    """Refuse calls of a client above the scenario's limit per minute, and new tokens of accounts
    that have too many (contract 2.3).
    """
    check_rate(state, integration.client_id, state.scenario.rate_limit)
    if state.scenario.token_limit:
        raise OAuthError(state, "tokenlimit_reached", "tokenlimit_reached")


def _exchange(state: State, integration: Integration, form: Params) -> dict[str, Any]:
    code = state.codes.get(form.get("code", ""))
    if code is None or code.transaction.client_id != integration.client_id:
        raise OAuthError(state, "invalid_grant", "The authorization code is invalid")
    if code.is_used:
        raise OAuthError(state, "invalid_grant", "The authorization code was used already")
    if code.expires_at <= state.now():
        raise OAuthError(state, "invalid_grant", "The authorization code has expired")
    _check_redirect_uri(state, code, form)
    if not state.scenario.ignore_pkce:
        _check_verifier(state, code, form)
    code.is_used = True
    return begin(state, integration, state.people[code.person_id], code.scopes)


def _check_redirect_uri(state: State, code: Code, form: Params) -> None:
    expected = code.transaction.redirect_uri if code.transaction.redirect_uri_was_sent else None
    sent = form.get("redirect_uri")
    if sent != expected and (expected is not None or sent != code.transaction.redirect_uri):
        raise OAuthError(
            state, "invalid_grant", "The redirect URI differs from the authorization request's"
        )


def _check_verifier(state: State, code: Code, form: Params) -> None:
    """RFC 7636 section 4.6; a verifier without a challenge is refused (RFC 9700 section 2.1.1)."""
    challenge = code.transaction.code_challenge
    verifier = form.get("code_verifier")
    if challenge is None and verifier is None:
        return
    if challenge is None or not CODE_VERIFIER.fullmatch(verifier or ""):
        raise OAuthError(state, "invalid_grant", "The code verifier is invalid")
    if not hmac.compare_digest(_challenge(code, verifier or ""), challenge):
        raise OAuthError(state, "invalid_grant", "The code verifier does not match")


def _challenge(code: Code, verifier: str) -> str:
    if code.transaction.code_challenge_method == "plain":
        return verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _refresh(state: State, integration: Integration, form: Params) -> dict[str, Any]:
    if state.scenario.refresh_error:
        raise OAuthError(state, state.scenario.refresh_error, state.scenario.refresh_error)
    answer = renew(state, integration.client_id, form.get("refresh_token", ""))
    if answer is None:
        raise OAuthError(state, "invalid_grant", "Invalid refresh token")
    return answer


GRANT_TYPES: dict[str, Callable[[State, Integration, Params], dict[str, Any]]] = {
    "authorization_code": _exchange,
    "refresh_token": _refresh,
}
