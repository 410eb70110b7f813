"""What happens to subscribers: provision, update, remove, and what the clock finishes by itself.

Rules only: no HTTP. Callers hold the state's lock, have checked the fields, and call `settle`
before they look.
"""

from __future__ import annotations

from typing import Any

from integrations.sandbox.core.broadworks import USER_TAKEN, Enterprise, Partner, Subscriber
from integrations.sandbox.core.entities import Organization, Person
from integrations.sandbox.core.state import State

FAILING = ("dup-", "fail-")
UNKNOWN_FAILURE = (10999, "The subscriber could not be set up. Try again later.")


def provision(state: State, partner: Partner, values: dict[str, Any]) -> Subscriber:
    """A new subscriber; the first one of an enterprise waits for its organization."""
    now = _now(state)
    enterprise = _enterprise(state, partner, values)
    subscriber = Subscriber(**values, partner=partner.name, created_at=now, changed_at=now)
    subscriber.due_at = max(now + state.scenario.provision_seconds, enterprise.ready_at)
    subscriber.then = _outcome(partner, subscriber)
    directory = state.directory
    directory.subscribers.add(subscriber)
    directory.follow(subscriber)
    state.changed()
    return subscriber


def update(state: State, subscriber: Subscriber, changes: dict[str, str]) -> None:
    """`updating`; the new values show once that is over. Who waits for somebody still does then."""
    user_id = changes.get("user_id", subscriber.user_id)
    waits = next((each for each in (subscriber.status, subscriber.then) if _is_waiting(each)), "")
    then = "error" if user_id.startswith(FAILING) else waits or "provisioned"
    due_at = max(_now(state) + state.scenario.update_seconds, subscriber.due_at or 0)
    changes = {**subscriber.changes, **changes}
    _move(state, subscriber, "updating", at=_now(state), due_at=due_at, then=then, changes=changes)
    state.directory.follow(subscriber)
    state.changed()


def remove(state: State, subscriber: Subscriber) -> None:
    """End the mapping; the Webex person stays."""
    state.directory.subscribers.remove(subscriber)
    state.changed()


def settle(state: State) -> None:
    """Finish whatever is due by now."""
    due = state.directory.due(state.now())
    for subscriber in due:
        _finish(state, subscriber)
    if due:
        state.changed()


def _finish(state: State, subscriber: Subscriber) -> None:
    changes: dict[str, Any] = dict(subscriber.changes)
    user_id = changes.get("user_id", subscriber.user_id)
    at = subscriber.due_at or state.now()
    _move(state, subscriber, subscriber.then, at=at, due_at=None, then="", changes={})
    if subscriber.status == "error":
        changes = {"errors": (USER_TAKEN if user_id.startswith("dup-") else UNKNOWN_FAILURE,)}
    elif subscriber.status == "provisioned" and not subscriber.person_id:
        changes["person_id"] = _person_of(state, subscriber).id
    state.directory.subscribers.change(subscriber, **changes)


def _move(
    state: State,
    subscriber: Subscriber,
    status: str,
    *,
    at: float,
    due_at: float | None,
    then: str,
    changes: dict[str, str],
) -> None:
    state.directory.subscribers.change(
        subscriber,
        status_before=subscriber.status,
        status=status,
        errors=(),
        changed_at=at,
        due_at=due_at,
        then=then,
        changes=changes,
    )


def _outcome(partner: Partner, subscriber: Subscriber) -> str:
    """By what the data say, so that tests and demos need no switch."""
    if subscriber.user_id.startswith(FAILING):
        return "error"
    if subscriber.user_id.startswith("migrate-"):
        return "pending_user_migration"
    is_untrusted = subscriber.provisioning_id == partner.untrusted_provisioning_id
    return "pending_email_input" if is_untrusted and not subscriber.email else "provisioned"


def _is_waiting(status: str) -> bool:
    return status.startswith("pending_")


def _now(state: State) -> float:
    """Webex writes milliseconds; what is finer could not be asked for again."""
    return round(state.now(), 3)


def _enterprise(state: State, partner: Partner, values: dict[str, str]) -> Enterprise:
    """The subscriber's, or a new one whose organization takes a while."""
    directory, now = state.directory, state.now()
    name = values["sp_enterprise_id"]
    known = directory.enterprises.find("sp_enterprise_id", name)
    if known is not None:
        return known
    organization = Organization(name.rpartition("+")[2], created_at=now)
    directory.organizations[organization.id] = organization
    return directory.enterprises.add(
        Enterprise(
            sp_enterprise_id=name,
            partner=partner.name,
            org_id=organization.id,
            provisioning_id=values["provisioning_id"],
            ready_at=now + state.scenario.first_user_seconds,
        )
    )


def _person_of(state: State, subscriber: Subscriber) -> Person:
    """Whoever has the subscriber's e-mail address already, or somebody new."""
    directory = state.directory
    email = subscriber.email or f"{subscriber.user_id}.example"
    person = state.person_by_email(email) or directory.people.find("email", email)
    if person is not None:
        return person
    enterprise = directory.enterprises.find("sp_enterprise_id", subscriber.sp_enterprise_id)
    person = Person(
        email=email,
        display_name=f"{subscriber.first_name} {subscriber.last_name}",
        org_id=enterprise.org_id if enterprise else "",
        created_at=state.now(),
    )
    return directory.people.add(person)
