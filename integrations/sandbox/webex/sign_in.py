"""The sign-in and consent pages, on the second origin (contract 2.2).

Without cookies: a hidden field carries the transaction's opaque id from page to page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from integrations.sandbox.core.entities import Person, Transaction
from integrations.sandbox.core.http import Params, Request, Response, Routes, redirect
from integrations.sandbox.core.scopes import in_plain_words
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.authorize import accepted, check_organization, declined
from integrations.sandbox.wire.pages import PageError, check_origin, page

routes = Routes()


@routes("GET", "/idb/sign-in")
def sign_in_page(state: State, request: Request) -> Response:
    transaction = _transaction(state, request.query)
    return _sign_in(state, transaction, email=transaction.login_hint)


@routes("POST", "/idb/sign-in")
def sign_in(state: State, request: Request) -> Response:
    check_origin(request)
    transaction = _transaction(state, request.form)
    email = request.form.get("email", "")
    person = state.person_by_email(email)
    if person is None:
        return _sign_in(state, transaction, email=email, is_unknown=True)
    transaction.person_id = person.id
    query = urlencode({"transaction": transaction.id})
    return redirect(f"/idb/consent?{query}", 303)


@routes("GET", "/idb/consent")
def consent_page(state: State, request: Request) -> Response:
    transaction = _transaction(state, request.query)
    person = state.people.get(transaction.person_id or "")
    if person is None:
        return _sign_in(state, transaction, email=transaction.login_hint)
    check_organization(state)
    context = {
        "transaction": transaction.id,
        "integration": state.integrations[transaction.client_id].name,
        "redirect_uri": transaction.redirect_uri,
        "person": described(state, person),
        "scopes": [{"name": s, "words": in_plain_words(s)} for s in transaction.scopes],
    }
    return page("consent.html", context)


@routes("POST", "/idb/consent")
def consent(state: State, request: Request) -> Response:
    check_origin(request)
    transaction = _transaction(state, request.form)
    if transaction.person_id is None:
        raise PageError(400, _("Sign in first"), _("Nobody is signed in for this request."))
    check_organization(state)
    if request.form.get("decision") == "accept":
        return redirect(accepted(state, transaction))
    return redirect(declined(state, transaction))


def _transaction(state: State, params: Params) -> Transaction:
    transaction = state.transactions.get(params.get("transaction", ""))
    known = transaction is not None and transaction.client_id in state.integrations
    if transaction is None or not known or transaction.expires_at <= state.now():
        raise PageError(
            400,
            _("This sign-in is over"),
            _("It was finished or has expired. Go back to the application and start again."),
        )
    return transaction


def _sign_in(
    state: State, transaction: Transaction, *, email: str, is_unknown: bool = False
) -> Response:
    people = [described(state, person) for person in state.people.values()]
    context = {
        "transaction": transaction.id,
        "integration": state.integrations[transaction.client_id].name,
        "people": people,
        "email": email or (people[0]["email"] if people else ""),
        "is_unknown": is_unknown,
    }
    return page("sign_in.html", context, 400 if is_unknown else 200)


def described(state: State, person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "name": person.display_name,
        "initials": "".join(word[0] for word in person.display_name.split()[:2]).upper(),
        "organization": state.organizations[person.org_id].name,
        "role": ", ".join(person.roles) or "User",
    }
