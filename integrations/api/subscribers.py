"""Subscribers, in the name of a user: with their link, their rights and their role at Webex."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from django.core import signing
from ninja import Field, Router, Schema

from integrations.api import named
from integrations.api.authentication import ApiRequest
from integrations.api.problems import not_found, of_faults
from integrations.api.routing import route
from integrations.api.schemas import NO_NUL, Body, Hostname, Name, Page
from integrations.models.api_key import KeyScope
from integrations.provisioning import caller as callers
from integrations.provisioning import fields, search, subscribers
from integrations.provisioning.caller import Caller
from integrations.provisioning.fields import CHANGEABLE, LONGEST
from integrations.provisioning.search import Search
from integrations.tasks import following
from integrations.webex import broadworks
from integrations.webex_share import share

router = Router(tags=["subscribers"])
SALT = "integrations.api.subscribers"  # of cursors, which hold an address at Webex
GOOD_FOR = 86_400  # seconds
READ, WRITE = KeyScope.SUBSCRIBERS_READ, KeyScope.SUBSCRIBERS_WRITE

Text = Annotated[str, Field(max_length=LONGEST, pattern=NO_NUL)]
WebexId = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_NUL)]
Word = Annotated[str, Field(max_length=50, pattern=r"^[A-Za-z_]*$")]
SignedCursor = Annotated[
    str,
    Field(
        max_length=2000,
        pattern=r"^[A-Za-z0-9_:=-]*$",
        description="next_cursor of the page before",
    ),
]


class Subscriber(Schema):
    id: str
    person_id: str
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
    created_at: datetime | None
    changed_at: datetime | None
    provisioning_id: str


class Subscribers(Page):
    items: list[Subscriber]


class Changes(Body):
    """Names are those of Webex's own API."""

    userId: Text | None = None
    firstName: Text | None = None
    lastName: Text | None = None
    package: Text | None = None
    primaryPhoneNumber: Text | None = None
    extension: Text | None = None
    mobilePhoneNumber: Text | None = None


class NewSubscriber(Changes):
    spEnterpriseId: Text
    email: Text | None = None
    provisioningId: Text | None = Field(None, description="Default: the integration's own")


class Removed(Schema):
    person_removed: bool
    person_kept_because: str | None


@route(
    router, "GET", "/subscribers",
    scope=READ, answer=Subscribers, sessions=True, known=[404, 409],
)  # fmt: skip
def find_subscribers(
    request: ApiRequest,
    user: Name | None = None,
    hostname: Hostname | None = None,
    text: Text = "",
    status: Word = "",
    package: Word = "",
    enterprise: Text = "",
    cursor: SignedCursor | None = None,
) -> Subscribers:
    """Find subscribers: by e-mail, BroadWorks user ID, enterprise, or part of a name in one.

    A key names the user in whose name it asks, and where they are linked.
    """
    wanted = Search(text=text, status=status, package=package, enterprise=enterprise)
    next_url = _next_url(cursor) if cursor else ""
    with _asking(request, user, hostname, "view_subscribers") as caller:
        found = search.subscribers(caller, wanted, next_url)
    return Subscribers(
        items=[_facts(each) for each in found.subscribers],
        next_cursor=signing.dumps(found.next_url, salt=SALT) if found.next_url else None,
    )


@route(
    router, "GET", "/subscribers/{path:id}",
    scope=READ, answer=Subscriber, sessions=True, known=[404, 409],
)  # fmt: skip
def read_subscriber(
    request: ApiRequest, id: WebexId, user: Name | None = None, hostname: Hostname | None = None
) -> Subscriber:
    """One subscriber as Webex knows it now."""
    with _asking(request, user, hostname, "view_subscribers") as caller:
        return _facts(search.subscriber(caller, id))


@route(
    router, "POST", "/subscribers",
    scope=WRITE, answer=Subscriber, status=201, sessions=True, known=[404, 409, 415],
)  # fmt: skip
def provision_subscriber(
    request: ApiRequest,
    new: NewSubscriber,
    user: Name | None = None,
    hostname: Hostname | None = None,
) -> Subscriber:
    """Begin to provision a subscriber; `status` tells how far Webex is."""
    with _asking(request, user, hostname, "change_subscribers") as caller:
        values = _sent(new)
        values["provisioningId"] = (
            values.get("provisioningId") or caller.grant.app.default_provisioning_id
        )
        if faults := fields.faults(values):
            raise of_faults(faults)
        done = subscribers.provision(caller, values)
    following.wake_following()
    return _facts(done)


@route(
    router, "PATCH", "/subscribers/{path:id}",
    scope=WRITE, answer=Subscriber, status=202, sessions=True, known=[404, 409, 415],
)  # fmt: skip
def change_subscriber(
    request: ApiRequest,
    id: WebexId,
    changes: Changes,
    user: Name | None = None,
    hostname: Hostname | None = None,
) -> Subscriber:
    """Change what is sent; the rest stays.

    Webex answers with the values as they were, and so does this: read it again in a moment.
    """
    with _asking(request, user, hostname, "change_subscribers") as caller:
        found = search.subscriber(caller, id)
        values = {**subscribers.values(found), **_sent(changes)}
        if faults := fields.faults(values, only=CHANGEABLE):
            raise of_faults(faults)
        wanted = {field.name: values[field.name] for field in CHANGEABLE}
        done = subscribers.change(caller, found, wanted)
    following.wake_following()
    return _facts(done)


@route(
    router, "DELETE", "/subscribers/{path:id}",
    scope=WRITE, answer=Removed, sessions=True, known=[404, 409],
)  # fmt: skip
def remove_subscriber(
    request: ApiRequest,
    id: WebexId,
    user: Name | None = None,
    hostname: Hostname | None = None,
    with_person: bool = False,
) -> Removed:
    """Take Webex away from a subscriber; with `with_person` the Webex person too, for good."""
    with _asking(request, user, hostname, "change_subscribers") as caller:
        found = search.subscriber(caller, id)
        removal = subscribers.remove(caller, found, with_person=with_person)
    kept = removal.person_kept
    return Removed(
        person_removed=removal.is_person_removed,
        person_kept_because=type(kept).__name__ if kept else None,
    )


@contextmanager
def _asking(
    request: ApiRequest, username: str | None, hostname: str | None, right: str
) -> Iterator[Caller]:
    """While Webex is asked in the name of a user who may: at most so many at once."""
    client = request.auth
    user, brand = named.whom(client, username, hostname)
    named.check_rights(user, "use_webex", right)
    request.acts_for_id = user.pk
    with share.hold(user.pk):
        yield callers.of(user, brand, now=client.now)


def _next_url(cursor: str) -> str:
    try:
        return str(signing.loads(cursor, salt=SALT, max_age=GOOD_FOR))
    except signing.BadSignature:
        raise not_found("cursor") from None


def _sent(body: Body) -> dict[str, str]:
    return {name: value.strip() for name, value in body.model_dump(exclude_none=True).items()}


def _facts(found: broadworks.Subscriber) -> Subscriber:
    return Subscriber(**{name: getattr(found, name) for name in Subscriber.model_fields})
