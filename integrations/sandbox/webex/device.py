"""The device grant (contract 5): /device/authorize, /device/token, and the page people open on
their second device, where they sign in and accept or decline.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.utils.translation import gettext as _

from integrations.sandbox.core.entities import DeviceCode, Integration, Person
from integrations.sandbox.core.grants import begin, granted_scopes
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.scopes import KMS, OPENID_SCOPES, in_plain_words
from integrations.sandbox.core.state import State, drop_expired
from integrations.sandbox.core.words import gettext_noop
from integrations.sandbox.webex.access_token import (
    MALFORMED,
    OAuthError,
    authenticated_client,
    check_limits,
)
from integrations.sandbox.webex.authorize import check_organization
from integrations.sandbox.webex.caller import check_rate
from integrations.sandbox.webex.sign_in import described
from integrations.sandbox.wire.pages import PageError, check_origin, page

routes = Routes()
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
HELPERS = frozenset(
    f"https://oauth-helper-{letter}.wbx2.com/helperservice/v1/actions/device/callback"
    for letter in "akrd"
)
HELPERS_MISSING = gettext_noop("We've encountered an error. Try again later.")
SLOWER = 5  # seconds, RFC 8628 section 3.5
JITTER = 0.05  # seconds that a network may shift a poll


@routes("POST", "/v1/device/authorize")
def device_authorize(state: State, request: Request) -> Response:
    """Without client authentication, and with Webex's own error for a bad client (contract 4)."""
    integration = state.integrations.get(request.form.get("client_id", ""))
    if integration is None:
        raise ApiError(400, MALFORMED, "Client Id is invalid")
    check_rate(state, integration.client_id, state.scenario.rate_limit)
    scopes = tuple(dict.fromkeys(request.form.get("scope", "").split()))
    if not scopes or not {*integration.scopes, KMS}.issuperset(scopes):
        raise OAuthError(state, "invalid_scope", "invalid_scope")
    code = _remember(state, integration, scopes)
    return json_answer(_answer(state, code, f"http://{request.host}/verify"))


def _remember(state: State, integration: Integration, scopes: tuple[str, ...]) -> DeviceCode:
    drop_expired(state.device_codes, state.now())
    code = DeviceCode(
        client_id=integration.client_id,
        scopes=tuple(scope for scope in scopes if scope not in OPENID_SCOPES),
        interval=state.scenario.device_interval,
        expires_at=state.now() + state.scenario.device_ttl,
    )
    state.device_codes[code.value] = code
    return code


def _answer(state: State, code: DeviceCode, verification_uri: str) -> dict[str, Any]:
    """A field that the scenario replaces by null is left out."""
    fields = {
        "device_code": code.value,
        "expires_in": round(state.scenario.device_ttl),
        "user_code": code.user_code,
        "verification_uri": verification_uri,
        "verification_uri_complete": f"{verification_uri}?userCode={code.long_user_code}",
        "interval": code.interval,
    } | state.scenario.device_override
    return {name: value for name, value in fields.items() if value is not None}


@routes("POST", "/v1/device/token")
def device_token(state: State, request: Request) -> Response:
    if request.basic_credentials is None:
        raise OAuthError(state, "invalid_client", "invalid_client", 401)
    integration = authenticated_client(state, request)
    check_limits(state, integration)
    if request.form.get("grant_type") != GRANT_TYPE:
        raise OAuthError(state, "unsupported_grant_type", "unsupported_grant_type")
    code = state.device_codes.get(request.form.get("device_code", ""))
    if code is None or code.client_id != integration.client_id or code.is_used:
        raise OAuthError(state, "invalid_grant", "invalid_grant")
    _check_pace(state, code)
    _check_decision(state, code)
    code.is_used = True
    person = state.people[code.person_id or ""]
    given = granted_scopes(state, code.scopes)
    life = state.scenario.device_access_ttl
    return json_answer(begin(state, integration, person, given, access_ttl=life))


def _check_pace(state: State, code: DeviceCode) -> None:
    """Who asks too fast is told so, and from then on has to wait longer (RFC 8628 section 3.5)."""
    earlier, code.polled_at = code.polled_at, state.now()
    if earlier is not None and code.polled_at - earlier < code.interval - JITTER:
        code.interval += SLOWER
        raise OAuthError(state, "slow_down", "slow_down")


def _check_decision(state: State, code: DeviceCode) -> None:
    if code.decision == "decline":
        raise OAuthError(state, "access_denied", "access_denied")
    if code.expires_at <= state.now():
        raise OAuthError(state, "invalid_grant", "invalid_grant")
    if code.decision is None:
        raise OAuthError(state, "authorization_pending", "authorization_pending", 428)


@routes("GET", "/verify")
def verify_page(state: State, request: Request) -> Response:
    long_user_code = request.query.get("userCode")
    if long_user_code is None:
        return page("verify.html", {})
    return _choose_person(state, _find(state, long_user_code))


@routes("POST", "/verify")
def verify(state: State, request: Request) -> Response:
    """Step by step, as far as the form has come: user code, person, decision."""
    check_origin(request)
    form = request.form
    code = _find(state, form.get("user_code", ""))
    if "email" not in form:
        return _choose_person(state, code)
    person = state.person_by_email(form["email"])
    if person is None:
        return _choose_person(state, code, is_unknown=True)
    if "decision" not in form:
        return _ask(state, code, person)
    decide(state, code.user_code, person.email, accept=form["decision"] == "accept")
    return page("verify_done.html", {"is_accepted": code.decision == "accept"})


def decide(state: State, user_code: str, email: str, *, accept: bool = True) -> None:
    """What the person on the second device does. Raises PageError where Webex shows an error."""
    with state.lock:
        code, person = _find(state, user_code), state.person_by_email(email)
        if person is None:
            raise PageError(400, _("Sign in first"), _("Nobody is signed in."))
        check_organization(state)
        _check_helpers(state, code)
        code.person_id = person.id
        code.decision = "accept" if accept else "decline"


def _find(state: State, user_code: str) -> DeviceCode:
    """By the short code that people type, or the long one in the link."""
    asked = "".join(user_code.split()).encode()
    for code in state.device_codes.values():
        known = (code.user_code.encode(), code.long_user_code.encode())
        is_open = code.decision is None and code.expires_at > state.now()
        if is_open and any(secrets.compare_digest(asked, each) for each in known):
            return code
    raise PageError(
        400, _("This code is not valid"), _("It is wrong, was used already, or has expired.")
    )


def _check_helpers(state: State, code: DeviceCode) -> None:
    """An integration that lacks one of the helper URIs cannot finish (contract 5)."""
    integration = state.integrations.get(code.client_id)
    missing = HELPERS.difference(integration.redirect_uris if integration else ())
    if missing:
        uris = [{"uri": uri, "is_missing": uri in missing} for uri in sorted(HELPERS)]
        raise PageError(400, _("Something went wrong"), _(HELPERS_MISSING), uris)


def _choose_person(state: State, code: DeviceCode, *, is_unknown: bool = False) -> Response:
    context = _shown(state, code) | {
        "people": [described(state, person) for person in state.people.values()],
        "is_unknown": is_unknown,
    }
    return page("verify_sign_in.html", context, 400 if is_unknown else 200)


def _ask(state: State, code: DeviceCode, person: Person) -> Response:
    check_organization(state)
    _check_helpers(state, code)
    scopes = [{"name": scope, "words": in_plain_words(scope)} for scope in code.scopes]
    context = _shown(state, code) | {"person": described(state, person), "scopes": scopes}
    return page("verify_consent.html", context)


def _shown(state: State, code: DeviceCode) -> dict[str, Any]:
    integration = state.integrations.get(code.client_id)
    return {"user_code": code.user_code, "integration": integration.name if integration else ""}
