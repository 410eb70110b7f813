"""The right to use Webex, withdrawn from people who are linked: renewals stop, tokens end later.

A pass over all grants marks them, so that the search for what is due joins no permissions.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from integrations.linking import disconnection
from integrations.models import Grant, GrantEvent, entitlement
from integrations.models.grant import GrantQuerySet

logger = logging.getLogger(__name__)

Kind = GrantEvent.Kind
MARKED_AT_ONCE = 5_000
ENDED_AT_ONCE = 100  # Webex is told of each


def note_changes(*, now: datetime, user: User | None = None, by: User | None = None) -> None:
    """For everybody, or for one whose rights `by` has just edited."""
    if not entitlement.is_known_in_sql():
        return
    only = {"user": user} if user else {}
    lost, returned = entitlement.newly_lost(), entitlement.returned()
    stop = {"right_lost_at": now, "refresh_due_at": None, "failing_since": None}
    go_on = {"right_lost_at": None, "refresh_due_at": now}
    _mark(lost.filter(**only), Kind.RIGHT_LOST, stop, by=by, now=now)
    _mark(returned.filter(**only), Kind.RIGHT_RETURNED, go_on, by=by, now=now)


def _mark(
    grants: GrantQuerySet, kind: Kind, columns: dict[str, Any], *, by: User | None, now: datetime
) -> None:
    """What is being renewed just now is left to the next pass: its answer must be stored."""
    keys = list(grants.values_list("pk", flat=True))  # one look at all of them takes a second
    is_marked = kind is Kind.RIGHT_RETURNED
    as_found = Grant.objects.not_disconnected().filter(right_lost_at__isnull=not is_marked)
    for start in range(0, len(keys), MARKED_AT_ONCE):
        chunk = as_found.unclaimed(now).filter(pk__in=keys[start : start + MARKED_AT_ONCE])
        with transaction.atomic():
            free = chunk.select_for_update(skip_locked=True, of=("self",))
            marked = list(free.select_related("user", "app"))
            Grant.objects.filter(pk__in=[each.pk for each in marked]).update(**columns)
            GrantEvent.objects.record_each(kind, marked, by=by, now=now)
    if keys:
        logger.info("%s: %d grants", kind, len(keys))


def end_long_lost(*, now: datetime) -> int:
    """How many were ended. Each person is asked about once more: this cannot be taken back."""
    if not entitlement.is_known_in_sql():
        return 0
    limit = now - timedelta(days=settings.WEBEX_RIGHT_LOST_DAYS)
    marked = Grant.objects.not_disconnected().filter(right_lost_at__lte=limit)
    oldest = marked.select_related("user").order_by("right_lost_at")[:ENDED_AT_ONCE]
    keys = [each.pk for each in oldest if not each.user.has_perm("integrations.use_webex")]
    ending = Grant.objects.filter(pk__in=keys)
    return disconnection.end_each(ending, by=None, reason="right withdrawn", now=now)


def ends_at(grant: Grant) -> datetime | None:
    """When the tokens of somebody without the right are ended."""
    if grant.right_lost_at is None:
        return None
    return grant.right_lost_at + timedelta(days=settings.WEBEX_RIGHT_LOST_DAYS)
