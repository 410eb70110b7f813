"""Grants and their tokens: issue, renew, rotate, revoke (contract 2.3, 3 and 6).

Rules only: no HTTP. Callers hold the state's lock.
"""

from __future__ import annotations

import random
from typing import Any

from integrations.sandbox.core.entities import Grant, Integration, Person, Token, opaque_token
from integrations.sandbox.core.scopes import KMS
from integrations.sandbox.core.state import State


def begin(
    state: State,
    integration: Integration,
    person: Person,
    scopes: tuple[str, ...],
    *,
    access_ttl: float | None = None,
) -> dict[str, Any]:
    """A new grant with its first two tokens; the token endpoint's answer."""
    grant = Grant(person.id, integration.client_id, scopes, granted_at=state.now())
    grant.access_ttl = access_ttl
    state.grants[grant.id] = grant
    refresh = _issue(state, grant, kind="refresh", parent=None)
    return _answer(state, grant, refresh)


def granted_scopes(state: State, requested: tuple[str, ...]) -> tuple[str, ...]:
    """What a consent to `requested` gives, by the scenario."""
    override = state.scenario.granted_scopes
    scopes = requested if override is None else override
    return (*scopes, KMS) if state.scenario.add_kms and KMS not in scopes else tuple(scopes)


def renew(state: State, client_id: str, value: str) -> dict[str, Any] | None:
    """The answer to a refresh, or None where the refresh token is not good (contract 3)."""
    token = state.tokens.get(value)
    if token is None or token.kind != "refresh" or token.client_id != client_id:
        return None
    if not is_alive(state, token):
        if token.replaced_at is not None:
            state.ledger.reuse += 1
        return None
    grant = state.grants[token.grant_id]
    if token.replaced_at is not None:
        return _present_again(state, grant, token)
    if state.scenario.once_a_day and (access := _of_today(state, grant)):
        return _shown(state, grant, token, access)
    if state.scenario.rotation == "none":
        if state.scenario.clock_reset:
            token.expires_at = state.now() + state.scenario.refresh_ttl
        return _answer(state, grant, token)
    return _answer(state, grant, _rotate(state, grant, token))


def is_alive(state: State, token: Token) -> bool:
    """Whether a token has neither expired nor been revoked; a rotated one may still be alive."""
    return (
        token.revoked_at is None
        and token.expires_at > state.now()
        and state.grants[token.grant_id].revoked_at is None
        and token.client_id in state.integrations
    )


def live_token(state: State, value: str | None) -> Token | None:
    """The access token behind a bearer value, if it is good."""
    token = state.tokens.get(value or "")
    return token if token and token.kind == "access" and is_alive(state, token) else None


def revoke_grant(state: State, grant: Grant) -> None:
    if grant.revoked_at is None:
        grant.revoked_at = state.now()
        state.changed()


def revoke_token(state: State, token: Token) -> None:
    """Revoking a refresh token takes its access tokens with it (contract 6)."""
    if token.kind == "refresh":
        revoke_grant(state, state.grants[token.grant_id])
    else:
        token.revoked_at = state.now()
        state.changed()


def grants_of(state: State, *, client_id: str, person_ids: set[str]) -> list[Grant]:
    return [
        grant
        for grant in state.grants.values()
        if grant.client_id == client_id
        and grant.person_id in person_ids
        and grant.revoked_at is None
    ]


def forget_dead(state: State) -> None:
    """Drop the tokens and grants that can never be used again; rotated ones expire as any other."""
    dead = [value for value, token in state.tokens.items() if not is_alive(state, token)]
    for value in dead:
        del state.tokens[value]
    in_use = {token.grant_id for token in state.tokens.values()}
    for grant_id in set(state.grants) - in_use:
        del state.grants[grant_id]


def forget_person(state: State, person: Person) -> None:
    """Somebody who can sign in is deleted: their consents and tokens go along."""
    for grant_id in [grant.id for grant in state.grants.values() if grant.person_id == person.id]:
        del state.grants[grant_id]
    for value in [token.value for token in state.tokens.values() if token.person_id == person.id]:
        del state.tokens[value]
    state.forget(person)


def _present_again(state: State, grant: Grant, token: Token) -> dict[str, Any] | None:
    """A rotated refresh token: inside the grace it leads to its successor, else the family dies."""
    scenario = state.scenario
    in_grace = state.now() - (token.replaced_at or 0) <= scenario.grace_seconds
    if scenario.rotation == "grace" and in_grace:
        return _answer(state, grant, state.tokens[grant.refresh_token])
    state.ledger.reuse += 1
    revoke_grant(state, grant)
    return None


def _of_today(state: State, grant: Grant) -> Token | None:
    """The access token issued less than a day ago, which a refresh may leave as it is."""
    token = live_token(state, grant.access_token)
    return token if token and state.now() - token.issued_at < 86400 else None


def _rotate(state: State, grant: Grant, old: Token) -> Token:
    old.replaced_at = state.now()
    new = _issue(state, grant, kind="refresh", parent=old.value)
    if not state.scenario.clock_reset:
        new.expires_at = old.expires_at
    return new


def _issue(state: State, grant: Grant, *, kind: str, parent: str | None) -> Token:
    person = state.people[grant.person_id]
    scenario = state.scenario
    now = state.now()
    access_ttl = scenario.access_ttl if grant.access_ttl is None else grant.access_ttl
    token = Token(
        value=opaque_token(person.org_id),
        kind=kind,
        parent=parent,
        client_id=grant.client_id,
        person_id=person.id,
        person_email=person.email,
        grant_id=grant.id,
        issued_at=now,
        expires_at=now + (access_ttl if kind == "access" else scenario.refresh_ttl),
    )
    state.tokens[token.value] = token
    setattr(grant, f"{kind}_token", token.value)
    state.ledger.issued(token)
    state.changed()
    return token


def _answer(state: State, grant: Grant, refresh: Token) -> dict[str, Any]:
    access = _issue(state, grant, kind="access", parent=refresh.value)
    return _shown(state, grant, refresh, access)


def _shown(state: State, grant: Grant, refresh: Token, access: Token) -> dict[str, Any]:
    now = state.now()
    fields = {
        "access_token": access.value,
        "expires_in": round(access.expires_at - now),
        "refresh_token": refresh.value,
        "refresh_token_expires_in": round(refresh.expires_at - now),
        "token_type": "Bearer",
        "scope": " ".join(_shuffled(state, grant.scopes)),
    }
    fields.update(state.scenario.override)
    return {name: value for name, value in fields.items() if name not in state.scenario.omit}


def _shuffled(state: State, scopes: tuple[str, ...]) -> list[str]:
    """Another order than the requested one (contract 2.3)."""
    order = list(scopes)
    if not state.scenario.shuffle_scope:
        return order
    random.shuffle(order)
    return order if tuple(order) != scopes else order[::-1]
