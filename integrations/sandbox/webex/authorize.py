"""GET /v1/authorize: check an authorization request and send the browser to the sign-in
(contract 2.1, 2.2), and the redirect back once the person has decided.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from integrations.sandbox.core.entities import Code, Integration, Transaction, opaque_token
from integrations.sandbox.core.grants import granted_scopes
from integrations.sandbox.core.http import Params, Refusal, Request, Response, Routes, redirect
from integrations.sandbox.core.scopes import KMS, OPENID_SCOPES
from integrations.sandbox.core.state import State
from integrations.sandbox.wire.pages import PageError

routes = Routes()
TRANSACTION_TTL = 1800
CODE_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.2
SCOPE_REFUSED = "The requested scope is invalid, unknown, or malformed."


class ErrorRedirect(Refusal):
    """The request is refused at the integration's own redirect URI (RFC 6749 section 4.1.2.1)."""

    def __init__(self, location: str) -> None:
        super().__init__("The authorization request was refused.")
        self.location = location

    def response(self, request: Request) -> Response:
        return redirect(self.location)


@routes("GET", "/v1/authorize")
def authorize(state: State, request: Request) -> Response:
    transaction = open_transaction(state, request.query)
    query = urlencode({"transaction": transaction.id})
    return redirect(f"{sign_in_origin(state, request)}/idb/sign-in?{query}")


def open_transaction(state: State, params: Params) -> Transaction:
    """A checked authorization request. Raises PageError without a way back, else ErrorRedirect."""
    integration = _integration(state, params)
    transaction = Transaction(
        client_id=integration.client_id,
        redirect_uri=_redirect_uri(integration, params),
        redirect_uri_was_sent="redirect_uri" in params,
        scopes=tuple(dict.fromkeys(params.get("scope", "").split())),
        state=params.get("state"),
        code_challenge=params.get("code_challenge"),
        code_challenge_method=params.get("code_challenge_method", "plain"),
        login_hint=params.get("login_hint", ""),
        expires_at=state.now() + TRANSACTION_TTL,
    )
    _check(state, integration, params, transaction)
    return state.open(transaction)


def accepted(state: State, transaction: Transaction) -> str:
    """Where the browser goes after Accept."""
    person = state.people[transaction.person_id or ""]
    code = state.add_code(
        Code(
            value=opaque_token(person.org_id),
            transaction=transaction,
            person_id=person.id,
            scopes=granted_scopes(state, transaction.scopes),
            expires_at=state.now() + state.scenario.code_ttl,
        )
    )
    state.transactions.pop(transaction.id, None)
    return _location(state, transaction, {"code": code.value})


def declined(state: State, transaction: Transaction) -> str:
    state.transactions.pop(transaction.id, None)
    return refused(state, transaction, "access_denied").location


def refused(
    state: State, transaction: Transaction, error: str, description: str = ""
) -> ErrorRedirect:
    answer = {"error": error, "error_description": description}
    return ErrorRedirect(_location(state, transaction, answer))


def check_organization(state: State) -> None:
    """Raises PageError, without a way back, where the organization blocks the integration."""
    if state.scenario.org_blocks:
        raise PageError(
            403,
            _("Access denied"),
            _(
                "Your administrator denied access to the integration you selected. "
                "We captured your request and will let them know."
            ),
        )


def sign_in_origin(state: State, request: Request) -> str:
    """The second origin, where people sign in: the other name of this machine."""
    name, colon, port = request.host.rpartition(":")
    if not colon:
        name, port = request.host, ""
    other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}.get(name, name)
    return f"http://{state.sign_in_host or other}{colon}{port}"


def _integration(state: State, params: Params) -> Integration:
    integration = state.integrations.get(params.get("client_id", ""))
    if integration is None or "client_id" in params.repeated:
        raise PageError(400, _("Unknown integration"), _("The client ID is not registered."))
    return integration


def _redirect_uri(integration: Integration, params: Params) -> str:
    registered = integration.redirect_uris
    sent = params.get("redirect_uri", registered[0] if len(registered) == 1 else "")
    if sent not in registered or "redirect_uri" in params.repeated:
        raise PageError(
            400,
            _("Redirect URI mismatch"),
            _("The redirection URI provided does not match a pre-registered value."),
        )
    return sent


def _check(
    state: State, integration: Integration, params: Params, transaction: Transaction
) -> None:
    if state.scenario.authorize_error:
        raise refused(state, transaction, state.scenario.authorize_error, "By the scenario.")
    if params.repeated:
        raise refused(state, transaction, "invalid_request", "A parameter is repeated.")
    if params.get("response_type") != "code":
        raise refused(state, transaction, "unsupported_response_type")
    allowed = {*integration.scopes, *OPENID_SCOPES, KMS}
    if not transaction.scopes or not allowed.issuperset(transaction.scopes):
        raise refused(state, transaction, "invalid_scope", SCOPE_REFUSED)
    if "openid" in transaction.scopes and not params.get("nonce"):
        raise refused(state, transaction, "invalid_request", "openid needs a nonce.")
    _check_pkce(state, params, transaction)
    if params.get("prompt") == "none":
        raise refused(state, transaction, "login_required", "There is no session.")


def _check_pkce(state: State, params: Params, transaction: Transaction) -> None:
    challenge = transaction.code_challenge
    if challenge is None and "code_challenge_method" not in params:
        return
    known_method = transaction.code_challenge_method in ("S256", "plain")
    if not known_method or not CODE_CHALLENGE.fullmatch(challenge or ""):
        raise refused(state, transaction, "invalid_request", "The code challenge is invalid.")


def _location(state: State, transaction: Transaction, answer: dict[str, str]) -> str:
    answer = {name: value for name, value in answer.items() if value}
    echoes = not ("error" in answer and state.scenario.drop_state_on_error)
    if transaction.state is not None and echoes:
        answer["state"] = transaction.state
    if state.scenario.iss is not None:
        answer["iss"] = state.scenario.iss  # RFC 9207
    separator = "&" if "?" in transaction.redirect_uri else "?"
    return f"{transaction.redirect_uri}{separator}{urlencode(answer)}"
