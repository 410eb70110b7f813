"""The REST calls (contract 6, 8), one function for each, named for what it returns.

Each raises Refused (401), InsufficientScope (403) or WebexUnavailable.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from integrations.errors import WebexUnavailable
from integrations.tokens import Bearer, Person
from integrations.webex import answers
from integrations.webex.http import Deadline, Request, send

LONGEST_ID = 200  # characters
STORABLE = re.compile(r"[^\x00\ud800-\udfff]*")  # no database takes a NUL or half a character

# Where people see and end what is connected to their account (contract 6).
TOKENS_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"


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


@dataclass(frozen=True)
class Authorization:
    id: str
    client_id: str
    created: str  # sorts as it reads, ISO 8601 in UTC
    is_refresh: bool  # else for an access token


def my_person(bearer: Bearer, *, deadline: Deadline) -> Person:
    """https://developer.webex.com/docs/api/v1/people/get-my-own-details"""
    return _person(_call(bearer, "GET", "/people/me", deadline))


def my_profile(bearer: Bearer, *, deadline: Deadline) -> Profile:
    """https://developer.webex.com/docs/api/v1/people/get-my-own-details"""
    answer = _call(bearer, "GET", "/people/me?callingData=true", deadline)
    return Profile(
        person=_person(answer),
        emails=_texts(answer.get("emails")),
        numbers=tuple(
            Number(type=_text(entry.get("type")), value=_text(entry.get("value")))
            for entry in _objects(answer.get("phoneNumbers"))
        ),
        extension=_text(answer.get("extension")),
        title=_text(answer.get("title")),
        department=_text(answer.get("department")),
        time_zone=_text(answer.get("timezone")),
        roles=_texts(answer.get("roles")),
    )


def organization_name(bearer: Bearer, org_id: str, *, deadline: Deadline) -> str:
    """Ordinary users may not ask (403).

    https://developer.webex.com/docs/api/v1/organizations/get-organization-details
    """
    path = f"/organizations/{quote(org_id, safe='')}"
    return _text(_call(bearer, "GET", path, deadline).get("displayName"))


def authorizations(
    bearer: Bearer, person_id: str, *, deadline: Deadline
) -> tuple[Authorization, ...]:
    """https://developer.webex.com/docs/api/v1/authorizations"""
    query = urlencode({"personId": person_id})
    items = _call(bearer, "GET", f"/authorizations?{query}", deadline).get("items")
    return tuple(
        Authorization(
            id=_text(item.get("id")),
            client_id=_text(item.get("clientId")),
            created=_text(item.get("created")),
            is_refresh=item.get("type") == "refresh",
        )
        for item in _objects(items)
        if item.get("personId") == person_id
    )


def delete_authorization(bearer: Bearer, authorization_id: str, *, deadline: Deadline) -> None:
    """Deletes one authorization. Deleting by client would hit a whole organisation.

    https://developer.webex.com/docs/api/v1/authorizations
    """
    _call(bearer, "DELETE", f"/authorizations/{quote(authorization_id, safe='')}", deadline)


def _call(bearer: Bearer, method: str, path: str, deadline: Deadline) -> dict[str, Any]:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {bearer.value}"}
    request = Request(method, settings.WEBEX_API_URL + path, headers)
    del headers  # so that no traceback from here on shows the token
    return answers.resource(send(request, deadline))


def _person(answer: dict[str, Any]) -> Person:
    person_id = _id(answer.get("id"))
    if not person_id:
        raise WebexUnavailable("people/me answered without an id")
    emails = _texts(answer.get("emails"))
    return Person(
        id=person_id,
        email=emails[0] if emails else "",
        name=_text(answer.get("displayName")),
        org_id=_id(answer.get("orgId")),
    )


def _id(value: Any) -> str:
    """Cut short it would be another id, so one that is too long is none."""
    text = _text(value)
    return text if len(text) <= LONGEST_ID else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) and STORABLE.fullmatch(value) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value))) if isinstance(value, list) else ()


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
