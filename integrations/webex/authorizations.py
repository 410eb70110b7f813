"""What is connected to a Webex account, and how one such connection ends (contract 6).

Each raises what `rest.call` raises.
"""

from dataclasses import dataclass

from integrations.tokens import Bearer
from integrations.webex import members, rest
from integrations.webex.http import Deadline

# Where people see and end what is connected to their account.
TOKENS_PAGE = "https://idbroker.webex.com/idb/profile#/tokens"


@dataclass(frozen=True)
class Authorization:
    id: str
    client_id: str
    created: str  # sorts as it reads, ISO 8601 in UTC
    is_refresh: bool  # else for an access token


def authorizations(
    bearer: Bearer, person_id: str, *, deadline: Deadline
) -> tuple[Authorization, ...]:
    """https://developer.webex.com/docs/api/v1/authorizations"""
    query = {"personId": person_id}
    answer = rest.call(bearer, "GET", "/authorizations", deadline=deadline, query=query)
    return tuple(
        Authorization(
            id=members.text(item.get("id")),
            client_id=members.text(item.get("clientId")),
            created=members.text(item.get("created")),
            is_refresh=item.get("type") == "refresh",
        )
        for item in members.objects(answer.body.get("items"))
        if item.get("personId") == person_id
    )


def delete_authorization(bearer: Bearer, authorization_id: str, *, deadline: Deadline) -> None:
    """Deletes one authorization. Deleting by client would hit a whole organisation.

    https://developer.webex.com/docs/api/v1/authorizations
    """
    rest.call(bearer, "DELETE", "/authorizations" + rest.path(authorization_id), deadline=deadline)
