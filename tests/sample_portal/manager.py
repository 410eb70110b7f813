"""As much of the integration manager's API as this portal needs."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT = 15  # seconds
TOKEN_LIFE = 120  # seconds that a call to Webex may need


class Refused(Exception):
    """The API, or Webex, said no; its sentence is for people."""


@dataclass(frozen=True)
class Manager:
    api: str  # https://admin.example.com/api/v1
    key: str
    hostname: str  # the brand of this portal

    def standing(self, user: str) -> dict[str, Any]:
        return self._ask("GET", f"/standing?{self._whom(user)}")

    def connect_link(self, user: str) -> str:
        whom = {"user": user, "hostname": self.hostname}
        return str(self._ask("POST", "/connect-links", whom)["url"])

    def access_token(self, user: str) -> str:
        grant = self.standing(user)["grant"]
        if grant is None:
            raise Refused("Link your Webex account first.")
        wish = {"minimum_life": TOKEN_LIFE}
        return str(self._ask("POST", f"/grants/{grant}/access-token", wish)["access_token"])

    def _whom(self, user: str) -> str:
        return urlencode({"user": user, "hostname": self.hostname})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        content = None if body is None else json.dumps(body).encode()
        return fetch(Request(f"{self.api}{path}", content, headers, method=method))


def fetch(request: Request) -> Any:
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)
    except HTTPError as error:
        with error:
            raise Refused(_sentence(error)) from None
    except OSError:
        raise Refused("There is no answer. Please try again in a minute.") from None


def _sentence(error: HTTPError) -> str:
    if error.headers.get_content_type() == "application/problem+json":
        return str(json.load(error)["detail"])
    return f"The answer was {error.code}."
