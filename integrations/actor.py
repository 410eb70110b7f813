"""Who acts: a person, an API key, or the system itself. Entry points say it, records ask for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import User


class Kind(StrEnum):
    PERSON = "person"
    API_KEY = "api key"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Names as they are now: records keep them when people and keys are gone.

    A person without a user id has not signed in. A key may act for a user: then it has their id.
    """

    kind: Kind
    name: str = ""  # of a person, a key, a task ("drain_app") or a command ("manage.py status")
    user_id: int | None = None
    hostname: str = ""
    address: str = ""
    request_id: str = ""

    def for_user(self, user: "User") -> "Actor":
        """That person, whoever runs: a worker ends what they began on another device."""
        return replace(self, kind=Kind.PERSON, name=user.get_username(), user_id=user.pk)


# A function, for who it is costs two queries, and most requests record nothing.
_find: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=lambda: Actor(Kind.SYSTEM))
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current() -> Actor:
    return _find.get()()


def request_id() -> str:
    """Empty outside of requests. Asks nobody, so that log lines can have it at any time."""
    return _request_id.get()


def work_as(name: str) -> None:
    """The system itself from now on: a task or a command."""
    _find.set(lambda: Actor(Kind.SYSTEM, name))


@contextmanager
def acting(find: Callable[[], Actor], *, request_id: str = "") -> Iterator[None]:
    """Whatever `find` says when it is asked, while a request is answered."""
    tokens = _find.set(find), _request_id.set(request_id)
    try:
        yield
    finally:
        _find.reset(tokens[0])
        _request_id.reset(tokens[1])
