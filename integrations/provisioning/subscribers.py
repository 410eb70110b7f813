"""Finding BroadWorks subscribers, and provisioning, changing and removing one of them.

Every write is in the audit trail, done or not. Each verb raises NotLinked, UndecryptableValue, or
what `webex/rest.py` raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.actions import Action
from integrations.errors import IntegrationError, Rejected
from integrations.models import WatchedSubscriber
from integrations.provisioning import announcing, following
from integrations.provisioning.caller import Caller
from integrations.provisioning.recording import recorded
from integrations.webex import broadworks, people
from integrations.webex.broadworks import Subscriber

READ = "spark-admin:broadworks_subscribers_read"
WRITE = "spark-admin:broadworks_subscribers_write"
REMOVE_PEOPLE = "spark-admin:people_write"


def check(caller: Caller, fields: Mapping[str, str]) -> tuple[str, ...]:
    """What Webex would say to provisioning these, in its own words. Changes nothing."""
    return caller.ask(broadworks.check, _filled_in(fields))


def provision(caller: Caller, fields: Mapping[str, str]) -> Subscriber:
    """Goes on at Webex for a while; it is followed from here on."""
    about = WatchedSubscriber(
        broadworks_user_id=fields["userId"], enterprise_id=fields["spEnterpriseId"]
    )
    wanted = _filled_in(fields)
    action = Action.SUBSCRIBER_PROVISIONED
    try:
        return recorded(
            caller, action, about, lambda: caller.ask(broadworks.provision, wanted), changed=wanted
        )
    except Rejected:
        hostname = caller.grant.hostname
        announcing.announce_failure(caller.grant, about, hostname=hostname, now=caller.now)
        raise


def change(caller: Caller, subscriber: Subscriber, fields: Mapping[str, str]) -> Subscriber:
    """Sends only what differs; where nothing does, Webex is not asked."""
    changed = changes(subscriber, fields)
    if not changed:
        return subscriber
    about = following.row_of(caller, subscriber)
    action = Action.SUBSCRIBER_CHANGED
    return recorded(
        caller, action, about,
        lambda: caller.ask(broadworks.update, subscriber.id, changed), changed=changed,
    )  # fmt: skip


def changes(subscriber: Subscriber, fields: Mapping[str, str]) -> dict[str, str]:
    """What differs. After an error the package is sent as it is, so that Webex tries again."""
    now = values(subscriber)
    changed = {name: value for name, value in fields.items() if value != now.get(name, "")}
    return changed or ({"package": now["package"]} if subscriber.status == "error" else {})


def values(subscriber: Subscriber) -> dict[str, str]:
    """By the API's own names."""
    return {
        "userId": subscriber.user_id,
        "spEnterpriseId": subscriber.enterprise_id,
        "firstName": subscriber.first_name,
        "lastName": subscriber.last_name,
        "email": subscriber.email,
        "package": subscriber.package,
        "primaryPhoneNumber": subscriber.primary_phone_number,
        "mobilePhoneNumber": subscriber.mobile_phone_number,
        "extension": subscriber.extension,
        "provisioningId": subscriber.provisioning_id,
    }


@dataclass(frozen=True)
class Removal:
    """The mapping is gone. `person_kept` says why the Webex person is still there, where asked."""

    is_person_removed: bool
    person_kept: IntegrationError | None = None


def remove(caller: Caller, subscriber: Subscriber, *, with_person: bool) -> Removal:
    """First the mapping; the Webex person, for good, only where asked."""
    about = following.row_of(caller, subscriber)
    recorded(
        caller, Action.SUBSCRIBER_REMOVED, about,
        lambda: delete(lambda: caller.ask(broadworks.remove, subscriber.id)),
    )  # fmt: skip
    following.forget(caller, subscriber)
    if not with_person or not subscriber.person_id:
        return Removal(is_person_removed=False)
    try:
        recorded(
            caller, Action.PERSON_REMOVED, about,
            lambda: delete(lambda: caller.ask(people.remove_person, subscriber.person_id)),
        )  # fmt: skip
    except IntegrationError as error:
        return Removal(is_person_removed=False, person_kept=error)
    return Removal(is_person_removed=True)


def send_consent_mail(caller: Caller, subscriber: Subscriber) -> None:
    about = following.row_of(caller, subscriber)
    recorded(
        caller, Action.CONSENT_MAIL_SENT, about,
        lambda: caller.ask(broadworks.send_consent_mail, subscriber.id),
    )  # fmt: skip


def delete(call: Callable[[], None]) -> None:
    """Where somebody else was faster, what was asked for is so."""
    try:
        call()
    except Rejected as error:
        if error.status not in (404, 410):
            raise


def _filled_in(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
