"""People and the organisations they belong to (contract 8.2, 17.3).

Each raises what `rest.call` raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import WebexUnavailable
from integrations.tokens import Bearer, Person
from integrations.webex import members, rest
from integrations.webex.http import Deadline

AT_ONCE = "50"  # people of a page; a hundred can be larger than any cap of ours


@dataclass(frozen=True)
class Number:
    type: str
    value: str


@dataclass(frozen=True)
class Profile:
    """`GET /people/me`. Ordinary users get no roles and no licences."""

    person: Person
    emails: tuple[str, ...]
    numbers: tuple[Number, ...]
    extension: str
    title: str
    department: str
    time_zone: str
    roles: tuple[str, ...]


def my_person(bearer: Bearer, *, deadline: Deadline) -> Person:
    """https://developer.webex.com/docs/api/v1/people/get-my-own-details"""
    return _identified(rest.call(bearer, "GET", "/people/me", deadline=deadline).body)


def my_profile(bearer: Bearer, *, deadline: Deadline) -> Profile:
    """https://developer.webex.com/docs/api/v1/people/get-my-own-details"""
    query = {"callingData": "true"}  # without it numbers are silently left out
    answer = rest.call(bearer, "GET", "/people/me", deadline=deadline, query=query).body
    return Profile(
        person=_identified(answer),
        emails=members.texts(answer.get("emails")),
        numbers=tuple(
            Number(type=members.text(entry.get("type")), value=members.text(entry.get("value")))
            for entry in members.objects(answer.get("phoneNumbers"))
        ),
        extension=members.text(answer.get("extension")),
        title=members.text(answer.get("title")),
        department=members.text(answer.get("department")),
        time_zone=members.text(answer.get("timezone")),
        roles=members.texts(answer.get("roles")),
    )


def people(bearer: Bearer, query: Mapping[str, str], *, deadline: Deadline) -> rest.Page[Person]:
    """`query`: email (exact) or displayName (its start), id, orgId.

    https://developer.webex.com/docs/api/v1/people/list-people
    """
    query = {**query, "max": AT_ONCE, "excludeStatus": "true"}  # presence is slow and unused
    return rest.page(bearer, "/people", query, _person, deadline=deadline)


def remove_person(bearer: Bearer, person_id: str, *, deadline: Deadline) -> None:
    """Full and user administrators only, and for good.

    https://developer.webex.com/docs/api/v1/people/delete-a-person
    """
    rest.call(bearer, "DELETE", "/people" + rest.path(person_id), deadline=deadline)


def organization_name(bearer: Bearer, org_id: str, *, deadline: Deadline) -> str:
    """Ordinary users may not ask (403).

    https://developer.webex.com/docs/api/v1/organizations/get-organization-details
    """
    answer = rest.call(bearer, "GET", "/organizations" + rest.path(org_id), deadline=deadline)
    return members.text(answer.body.get("displayName"))


def _identified(answer: Mapping[str, Any]) -> Person:
    person = _person(answer)
    if not person.id:
        raise WebexUnavailable("people/me answered without an id")
    return person


def _person(answer: Mapping[str, Any]) -> Person:
    emails = members.texts(answer.get("emails"))
    return Person(
        id=members.identifier(answer.get("id")),
        email=emails[0] if emails else "",
        name=members.text(answer.get("displayName")),
        org_id=members.identifier(answer.get("orgId")),
    )
