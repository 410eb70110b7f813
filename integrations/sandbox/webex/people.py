"""People: list, one, create, replace, delete (contract 8.2, 17.3).

Those who can sign in come first, then those of the directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from integrations.sandbox.core.entities import Person, resource_id, uuid_in
from integrations.sandbox.core.grants import forget_person
from integrations.sandbox.core.http import ApiError, Request, Response, Routes, json_answer
from integrations.sandbox.core.provisioning import settle
from integrations.sandbox.core.state import State
from integrations.sandbox.webex.answers import boolean, malformed, moment, not_found
from integrations.sandbox.webex.caller import (
    FORBIDDEN,
    administered,
    authenticated,
    authenticated_admin,
    is_granted,
)
from integrations.sandbox.webex.paging import asked_max, asked_start, page_of

routes = Routes()
ADMIN_READ, USER_READ = "spark-admin:people_read", "spark:people_read"
WRITE = "spark-admin:people_write"
MAX_IDS = 85
LARGE_LIST = 300_000  # bytes: more than a client that stops at 256 KiB takes
TEXTS = ("displayName", "firstName", "lastName", "nickName", "avatar", "department", "title")
LISTS = {"phoneNumbers": dict, "addresses": dict, "roles": str, "licenses": str, "siteUrls": str}
READ_ONLY = ("id", "created", "lastModified", "status", "type", "invitePending")


@routes("GET", "/v1/people/me")
def people_me(state: State, request: Request) -> Response:
    _, person = authenticated(state, request, USER_READ)
    return json_answer(_described(state, request, person, is_complete=person.is_admin))


@routes("GET", "/v1/people")
def people(state: State, request: Request) -> Response:
    _, caller = authenticated(state, request, ADMIN_READ, USER_READ)
    is_lookup = "email" in request.query or "displayName" in request.query
    if not (caller.is_admin or is_lookup):
        raise malformed("Give email or displayName.", "email")
    if "id" in request.query:
        return _by_ids(state, request, caller)
    settle(state)
    rows = _everybody(state, request)
    for fits in _filters(state, request, caller):
        rows = filter(fits, rows)
    size = asked_max(request, default=100, limit=50 if "locationId" in request.query else 100)
    describe, place_of = partial(_described, state, request), partial(_place_of, state)
    answer = page_of(request, rows, describe, size=size, place_of=place_of)
    return _enlarged(answer) if state.scenario.large_people_list else answer


@routes("POST", "/v1/people")
def create_person(state: State, request: Request) -> Response:
    caller = _writer(state, request)
    values = _checked(request.json(), required="emails")
    email = values["emails"][0]
    if _find_email(state, email):
        raise ApiError(409, f"{email} exists already.", f"{email} exists already.")
    org_id = uuid_in("ORGANIZATION", values.get("orgId", "")) or caller.org_id
    if org_id not in _visible(state, caller):
        raise malformed("The organization is unknown.", "orgId")
    person = Person(email, "", org_id, created_at=state.now())
    state.directory.people.add(person)
    _replace(state, person, values)
    return json_answer(_described(state, request, person, is_complete=True))


@routes("GET", "/v1/people/{}")
def one_person(state: State, request: Request, person_id: str) -> Response:
    _, caller = authenticated(state, request, ADMIN_READ, USER_READ)
    settle(state)
    person = _asked(state, caller, person_id)
    return json_answer(_described(state, request, person, is_complete=caller.is_admin))


@routes("PUT", "/v1/people/{}")
def replace_person(state: State, request: Request, person_id: str) -> Response:
    caller = _writer(state, request)
    person = _asked(state, caller, person_id)
    values = {"emails": [person.email]} | _checked(request.json(), required="displayName")
    holder = _find_email(state, values["emails"][0])
    if holder is not None and holder is not person:
        raise ApiError(409, "The e-mail address is taken.", "The e-mail address is taken.")
    _replace(state, person, values)
    return json_answer(_described(state, request, person, is_complete=True))


@routes("DELETE", "/v1/people/{}")
def delete_person(state: State, request: Request, person_id: str) -> Response:
    _, caller = authenticated_admin(state, request, WRITE)
    if not caller.manages_people:
        raise ApiError(403, FORBIDDEN)
    person = _asked(state, caller, person_id)
    if person is caller:
        raise ApiError(403, FORBIDDEN)
    if person.id in state.people:
        forget_person(state, person)
    else:
        state.directory.people.remove(person)
    state.changed()
    return Response(204)


def never_signed_in(person: Person) -> bool:
    """The generated colleagues who have no BroadWorks subscriber of their own."""
    return ".office@" in person.email


def _writer(state: State, request: Request) -> Person:
    """An administrator with both scopes (contract 15.1)."""
    token, caller = authenticated_admin(state, request, WRITE)
    if caller.is_read_only or not is_granted(state, token, ADMIN_READ):
        raise ApiError(403, FORBIDDEN)
    return caller


def _visible(state: State, caller: Person) -> set[str]:
    if caller.is_admin:
        return {organization.id for organization in administered(state, caller)}
    return {caller.org_id}


def _asked(state: State, caller: Person, person_id: str) -> Person:
    known = uuid_in("PEOPLE", person_id)
    person = state.people.get(known) or state.directory.people.get(known)
    if person is None or person.org_id not in _visible(state, caller):
        raise not_found()
    return person


def _by_ids(state: State, request: Request, caller: Person) -> Response:
    """In the order asked; whoever is not there is named in `notFoundIds`."""
    asked = request.query["id"].split(",")
    if len(asked) > MAX_IDS:
        raise malformed(f"At most {MAX_IDS} ids.", "id")
    items, missing = [], []
    for person_id in asked:
        try:
            items.append(_described(state, request, _asked(state, caller, person_id)))
        except ApiError:
            missing.append(person_id)
    return json_answer({"items": items} | ({"notFoundIds": missing} if missing else {}))


def _everybody(state: State, request: Request) -> Iterator[Person]:
    """Everybody from the asked place on, by the narrowest index there is."""
    start = asked_start(request)
    register, query = state.directory.people, request.query
    places = None
    if "email" in query:
        places = register.places("email", query["email"])
    elif "orgId" in query:
        places = register.places("org_id", uuid_in("ORGANIZATION", query["orgId"]))
    in_register = register.scan(max(start - len(state.people), 0), places)
    return chain(islice(state.people.values(), start, None), in_register)


def _place_of(state: State, person: Person) -> int:
    if person.id in state.people:
        return list(state.people).index(person.id)
    return len(state.people) + state.directory.people.place_of(person)


def _filters(state: State, request: Request, caller: Person) -> Iterator[Callable[[Person], bool]]:
    query, visible = request.query, _visible(state, caller)
    if "email" in query:
        email = query["email"].lower()
        yield lambda person: person.email.lower() == email
    if "displayName" in query:
        prefix = query["displayName"].lower()
        yield lambda person: person.display_name.lower().startswith(prefix)
    if "orgId" in query:
        org_id = uuid_in("ORGANIZATION", query["orgId"])
        yield lambda person: person.org_id == org_id
    if "roles" in query:
        roles = set(query["roles"].split(","))
        yield lambda person: bool(roles & {resource_id("ROLE", role) for role in person.roles})
    if "locationId" in query:
        yield lambda person: resource_id("LOCATION", person.org_id) == query["locationId"]
    yield lambda person: person.org_id in visible


def _find_email(state: State, email: str) -> Person | None:
    return state.person_by_email(email) or state.directory.people.find("email", email)


def _checked(values: dict[str, Any], *, required: str) -> dict[str, Any]:
    """Without what is read only. Raises ApiError 400."""
    if not values.get(required):
        raise malformed(f"{required} is missing.", required)
    emails = values.get("emails", ["a@b"])
    if not (isinstance(emails, list) and len(emails) == 1 and isinstance(emails[0], str)):
        raise malformed("emails is a list of one address.", "emails")
    if "@" not in emails[0]:
        raise malformed("The e-mail address is wrong.", "emails")
    for name in (*TEXTS, "orgId", "extension", "locationId"):
        if not isinstance(values.get(name, ""), str):
            raise malformed(f"{name} is a text.", name)
    for name, kind in LISTS.items():
        rows = values.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, kind) for row in rows):
            raise malformed(f"{name} is a list.", name)
    return {name: value for name, value in values.items() if name not in READ_ONLY}


def _replace(state: State, person: Person, values: dict[str, Any]) -> None:
    """Everything at once: what is left out is gone (contract 17.3)."""
    full = " ".join(filter(None, (values.get("firstName"), values.get("lastName"))))
    email = values["emails"][0]
    changes = {"email": email, "display_name": values.get("displayName") or full or email}
    kept = {*TEXTS, *LISTS, "extension", "loginEnabled"} - {"displayName", "roles"}
    profile = {name: value for name, value in values.items() if name in kept}
    if person.id in state.people:
        state.rename(person, **changes)
        person.profile = profile
    else:
        state.directory.people.change(person, **changes, profile=profile)
    state.changed()


def _described(
    state: State, request: Request, person: Person, *, is_complete: bool = False
) -> dict[str, Any]:
    """`is_complete` adds what only administrators see, of one person at a time."""
    first, _, last = person.display_name.partition(" ")
    row: dict[str, Any] = {
        "id": resource_id("PEOPLE", person.id),
        "emails": [person.email],
        "phoneNumbers": [{"type": "mobile", "value": "+1 555 0100", "primary": False}],
        "displayName": person.display_name,
        "nickName": first,
        "firstName": first,
        "lastName": last,
        "orgId": resource_id("ORGANIZATION", person.org_id),
        "created": moment(person.created_at),
        "lastModified": moment(person.created_at),
        "timezone": "Europe/Berlin",
        "status": "active",
        "type": "person",
    } | _profile(person)
    if request.query.get("excludeStatus") == "true":
        del row["status"]
    if is_complete:
        row |= _for_administrators(state, person)
    if request.query.get("callingData") == "true":
        row |= _calling_data(state, person, row["phoneNumbers"])
    return row


def _profile(person: Person) -> dict[str, Any]:
    if not person.profile:
        title = "Administrator" if person.is_admin else "Consultant"
        return {"department": "Operations", "title": title}
    return {name: person.profile[name] for name in (*TEXTS, "addresses") if name in person.profile}


def _for_administrators(state: State, person: Person) -> dict[str, Any]:
    login_enabled = person.profile.get("loginEnabled", True) in (True, "true")
    return {
        "roles": [resource_id("ROLE", role) for role in person.roles],
        "licenses": person.profile.get("licenses", [resource_id("LICENSE", "calling")]),
        "invitePending": boolean(state, never_signed_in(person), is_text=True),
        "loginEnabled": boolean(state, login_enabled, is_text=True),
    }


def _calling_data(
    state: State, person: Person, other_numbers: list[dict[str, Any]]
) -> dict[str, Any]:
    number, extension = "+1 555 0142", "142"
    if person.id not in state.people:
        subscriber = state.directory.subscribers.find("person_id", person.id)
        number = subscriber.primary_phone_number if subscriber else ""
        extension = subscriber.extension if subscriber else ""
    numbers = [{"type": "work", "value": number, "primary": True}] if number else []
    return {
        "phoneNumbers": person.profile.get("phoneNumbers") or [*numbers, *other_numbers],
        "extension": person.profile.get("extension") or extension,
        "locationId": resource_id("LOCATION", person.org_id),
    }


def _enlarged(answer: Response) -> Response:
    answer.body = answer.body[:-1] + b" " * LARGE_LIST + answer.body[-1:]
    return answer
