"""What goes in and out, by name. Nothing here can hold a token, but `AccessToken`."""

from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict

from integrations import hostnames
from integrations.errors import InvalidHostname

NO_NUL = r"^[^\x00]*$"  # PostgreSQL would choke on it
NOWHERE = "-"  # no hostname, so that it is found nowhere, and harmless in a key of a cache
Name = Annotated[str, Field(min_length=1, max_length=150, pattern=NO_NUL)]


def _spelled(text: str) -> str:
    """As hostnames are stored."""
    try:
        return hostnames.normalise(text)
    except InvalidHostname:
        return NOWHERE


Hostname = Annotated[
    str, Field(min_length=1, max_length=253, pattern=NO_NUL), AfterValidator(_spelled)
]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str, Field(max_length=200, description="next_cursor of the page before")]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# As JSON Schema has it: 60.0 is one, "60" and true are none.
WholeNumber = Annotated[int, BeforeValidator(_whole), Field(strict=True)]


class Body(Schema):
    """What is sent: a member with a wrong name is an error, not nothing."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """RFC 9457. `code` never changes its meaning; `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[dict[str, Any]] | None = None
    questions: list[dict[str, str]] | None = None
    confirm: str | None = Field(None, description="A yes to the questions")
    tracking_id: str | None = Field(None, description="Of Webex, for Cisco's support")


class Page(Schema):
    next_cursor: str | None = Field(description="Of the next page; null on the last one")
