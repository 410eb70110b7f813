"""Other systems hear of a subscriber when Webex has decided, not when it was asked.

A page, the following of what moves and a bulk job may each be the first to see it.
"""

from datetime import datetime

from integrations.models import Grant, WatchedSubscriber
from integrations.models.announcement import announce_subscriber
from integrations.models.watched_subscriber import SETTLED, WAITING
from integrations.webex.broadworks import Subscriber

SET_UP = ("provisioning", *WAITING)


def announce_end(
    grant: Grant, found: Subscriber, *, was: str, hostname: str | None, now: datetime
) -> None:
    if was in SET_UP and found.status in SETTLED:
        facts = _facts(found.id, found.user_id, found.enterprise_id)
        is_ready, seen_as = found.status == "provisioned", found.changed_at
        announce_subscriber(
            grant, facts, is_ready=is_ready, hostname=hostname, seen_as=seen_as, now=now
        )


def announce_failure(
    grant: Grant, about: WatchedSubscriber, *, hostname: str | None, now: datetime
) -> None:
    """Webex rejected it, or does not know it."""
    facts = _facts(about.webex_id, about.broadworks_user_id, about.enterprise_id)
    announce_subscriber(grant, facts, is_ready=False, hostname=hostname, now=now)


def _facts(subscriber_id: str, user_id: str, enterprise_id: str) -> dict[str, str | None]:
    return {
        "subscriber_id": subscriber_id or None,
        "broadworks_user_id": user_id,
        "enterprise_id": enterprise_id,
    }
