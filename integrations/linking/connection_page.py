"""Everything the user's own Webex page says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from integrations.linking import link_status
from integrations.linking.link_status import LinkStatus
from integrations.models import AuthorizationRequest, BrandedURL, GrantEvent

STILL_AT_WEBEX = timedelta(minutes=1)
WORTH_MENTIONING = timedelta(hours=1)


@dataclass(frozen=True)
class Overview:
    link_status: LinkStatus
    events: list[GrantEvent]
    unfinished: AuthorizationRequest | None  # started, and did not come back
    undecided: AuthorizationRequest | None  # waits for "replace A by B?"


def overview(user: User, brand: BrandedURL | None, *, now: datetime) -> Overview:
    current = link_status.for_user(user, brand)
    mine = AuthorizationRequest.objects.filter(
        user=user, app=brand.app if brand else None, is_test=False
    )
    return Overview(
        link_status=current,
        events=list(current.grant.events.order_by("-at", "-pk")[:10]) if current.grant else [],
        unfinished=_unfinished(mine.order_by("-created_at").first(), now),
        undecided=mine.undecided(user, now).last(),
    )


def _unfinished(newest: AuthorizationRequest | None, now: datetime) -> AuthorizationRequest | None:
    if newest is None or newest.consumed_at or newest.returned_at:
        return None
    age = now - newest.created_at
    return newest if STILL_AT_WEBEX <= age <= WORTH_MENTIONING else None
