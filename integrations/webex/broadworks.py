"""BroadWorks subscribers: who of a provider's users has Webex (contract 16).

Each raises what `rest.call` raises. Fields go by the API's own names, in both directions of a CSV.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.errors import Problem
from integrations.tokens import Bearer
from integrations.webex import answers, members, rest
from integrations.webex.http import Deadline

SUBSCRIBERS = "/broadworks/subscribers"
AT_ONCE = "100"


@dataclass(frozen=True)
class Subscriber:
    """`package` and `status` may hold words that nobody has documented: show them as they are."""

    id: str
    person_id: str  # empty until it is provisioned
    user_id: str
    enterprise_id: str
    first_name: str
    last_name: str
    email: str
    primary_phone_number: str
    mobile_phone_number: str
    extension: str
    package: str
    status: str
    problems: tuple[Problem, ...]
    created_at: datetime | None
    changed_at: datetime | None  # its status
    provisioning_id: str
    self_activated: bool
    tracking_id: str = ""  # of the answer, where it was about this one alone


def subscribers(
    bearer: Bearer, query: Mapping[str, str], *, deadline: Deadline
) -> rest.Page[Subscriber]:
    """`query`: any of userId, personId, email, spEnterpriseId, provisioningId (all exact), status
    (commas), lastStatusChange and after (epoch milliseconds), selfActivated, max."""
    query = {"max": AT_ONCE, **query}
    return rest.page(bearer, SUBSCRIBERS, query, _subscriber, deadline=deadline)


def next_page(bearer: Bearer, next_url: str, *, deadline: Deadline) -> rest.Page[Subscriber]:
    return rest.next_page(bearer, next_url, _subscriber, deadline=deadline)


def subscriber(bearer: Bearer, id: str, *, deadline: Deadline) -> Subscriber:
    reply = rest.call(bearer, "GET", SUBSCRIBERS + rest.path(id), deadline=deadline)
    return _subscriber(reply.body, reply.tracking_id)


def provision(bearer: Bearer, fields: Mapping[str, str], *, deadline: Deadline) -> Subscriber:
    """Never repeat it blindly: there are no idempotency keys. It goes on at Webex for a while."""
    reply = rest.call(bearer, "POST", SUBSCRIBERS, deadline=deadline, body=fields)
    return _subscriber(reply.body, reply.tracking_id)


def update(bearer: Bearer, id: str, fields: Mapping[str, str], *, deadline: Deadline) -> Subscriber:
    """Only what changed. The answer holds the old values; an empty text removes a number."""
    path = SUBSCRIBERS + rest.path(id)
    reply = rest.call(bearer, "PUT", path, deadline=deadline, body=fields)
    return _subscriber(reply.body, reply.tracking_id)


def remove(bearer: Bearer, id: str, *, deadline: Deadline) -> None:
    """Ends the mapping; the Webex person stays (`people.remove_person`)."""
    rest.call(bearer, "DELETE", SUBSCRIBERS + rest.path(id), deadline=deadline)


def check(bearer: Bearer, fields: Mapping[str, str], *, deadline: Deadline) -> tuple[str, ...]:
    """What Webex says of provisioning these fields, which need an e-mail. Raises Rejected."""
    path = f"{SUBSCRIBERS}/validate"
    answer = rest.call(bearer, "POST", path, deadline=deadline, body=fields).body
    info = answer.get("info")
    entries = members.objects(info if isinstance(info, list) else [info])
    return tuple(filter(None, (members.text(entry.get("description")) for entry in entries)))


def send_consent_mail(bearer: Bearer, id: str, *, deadline: Deadline) -> None:
    """To somebody whose own free account must move; only in `pending_user_migration`."""
    path = "/subscribers" + rest.path(id, "emails", "consentMove")
    rest.call(bearer, "POST", path, deadline=deadline)


def _subscriber(entry: Mapping[str, Any], tracking_id: str = "") -> Subscriber:
    text = members.text
    return Subscriber(
        id=members.identifier(entry.get("id")),
        person_id=members.identifier(entry.get("personId")),
        user_id=text(entry.get("userId")),
        enterprise_id=text(entry.get("spEnterpriseId")),
        first_name=text(entry.get("firstName")),
        last_name=text(entry.get("lastName")),
        email=text(entry.get("email")),
        primary_phone_number=text(entry.get("primaryPhoneNumber")),
        mobile_phone_number=text(entry.get("mobilePhoneNumber")),
        extension=text(entry.get("extension")),
        package=text(entry.get("package")),
        status=text(entry.get("status")),
        problems=answers.problems(entry),
        created_at=members.moment(entry.get("created")),
        changed_at=members.moment(entry.get("lastStatusChange")),
        provisioning_id=text(entry.get("provisioningId")),
        self_activated=members.switch(entry.get("selfActivated")),
        tracking_id=tracking_id,
    )
