"""Following what moves at Webex: one question for all subscribers that anybody here looks at.

Webex tells nobody when provisioning ends (contract 16.10). Pages read rows; only this asks.
"""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from integrations.clock import Ticking
from integrations.database import AWAY
from integrations.errors import IntegrationError, Rejected, WebexUnavailable
from integrations.models import Grant, Lease, WatchedSubscriber
from integrations.models.watched_subscriber import MOVING, SETTLED, WAITING
from integrations.provisioning import announcing
from integrations.provisioning.caller import Caller
from integrations.renewal import rate_limit
from integrations.webex import broadworks
from integrations.webex.broadworks import Subscriber

logger = logging.getLogger(__name__)

FIRST = (2, 4, 8, 15, 30)  # seconds from one question to the next
THEN, LATER = timedelta(minutes=1), timedelta(minutes=15)
MOVING_LONG = timedelta(minutes=30)
WAITING_PAUSE = timedelta(hours=1)  # for a person
TROUBLE = timedelta(seconds=30)
LOOK_UP_AFTER = timedelta(minutes=10)  # once by its id: whether lists lag behind is not known
SKEW = timedelta(minutes=10)  # between Webex's clock and ours, and more
ONE_LOOP, LEASE = "following", 60.0  # seconds; however many messages wake it
LOOK = 0.5  # seconds between looking for what is due
PAGES = 20
FINAL = (*SETTLED, *WAITING)
SHOWN = (
    "org_id", "grant", "person_id", "broadworks_user_id", "enterprise_id", "package", "status",
    "changed_at", "followed_since", "ask_at", "asked_at", "looked_up_at", "seen_at",
)  # fmt: skip


def note(
    caller: Caller, shown: Iterable[Subscriber], *, always: bool = False, was: str = ""
) -> list[WatchedSubscriber]:
    """What Webex has just answered to somebody. What moves or waits is followed from here on.

    `was`: the state of those that are not followed yet, where it is known.
    """
    found = {WatchedSubscriber.key_of(caller.grant.app_id, each.id): each for each in shown}
    known = WatchedSubscriber.objects.in_bulk(list(found)) if found else {}
    rows = [
        _row(caller, key, each, known.get(key))
        for key, each in found.items()
        if each.id and (always or key in known or each.status in MOVING + WAITING)
    ]
    if not rows:
        return []  # on SQLite even an empty transaction waits for whoever writes
    with transaction.atomic():
        WatchedSubscriber.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["key"], update_fields=SHOWN
        )
        for key, each in found.items():
            _announce(caller, each, was=known[key].status if key in known else was)
    return rows


def row_of(caller: Caller, subscriber: Subscriber) -> WatchedSubscriber:
    """As the audit trail names it, whether it is followed or not."""
    return _row(caller, WatchedSubscriber.key_of(caller.grant.app_id, subscriber.id), subscriber)


def forget(caller: Caller, subscriber: Subscriber) -> None:
    key = WatchedSubscriber.key_of(caller.grant.app_id, subscriber.id)
    WatchedSubscriber.objects.filter(pk=key).delete()


def see(grant: Grant, keys: Iterable[str], *, now: datetime) -> list[WatchedSubscriber]:
    """As they are known here, for whoever looks. Webex is not asked."""
    rows = WatchedSubscriber.objects.shown_to(grant).filter(pk__in=list(keys))
    rows.filter(seen_at__lt=now - THEN).update(seen_at=now)
    return list(rows)


def pause(status: str, followed_for: timedelta) -> timedelta | None:
    """Until it is worth asking again; None where nothing is expected to happen by itself."""
    if status in WAITING:
        return WAITING_PAUSE
    if status not in MOVING:
        return None
    if followed_for >= MOVING_LONG:
        return LATER
    passed = 0
    for seconds in FIRST:
        passed += seconds
        if followed_for.total_seconds() < passed:
            return timedelta(seconds=seconds)
    return THEN


def follow_due(*, seconds: float) -> bool:
    """Asks about what falls due, for so long. Whether something will fall due soon."""
    try:
        ticking = Ticking()
        now, until = ticking.now(), ticking.now() + timedelta(seconds=LEASE)
        if not Lease.objects.take([ONE_LOOP], now=now, until=until):
            return False
        try:
            return _follow(time.monotonic() + seconds, ticking)
        finally:
            Lease.objects.release(ONE_LOOP, until=until, now=now)
    except AWAY as error:
        connection.close()
        logger.warning("The database is away, the next run asks: %s", type(error).__name__)
        return False


def _follow(ends: float, ticking: Ticking) -> bool:
    while time.monotonic() < ends:
        now = ticking.now()
        accounts = WatchedSubscriber.objects.due(now).values_list("app", "grant__person_id")
        for app_id, person_id in set(accounts):
            _ask(WatchedSubscriber.objects.filter(app=app_id, grant__person_id=person_id), now)
        next_at = _next_at()
        if next_at is None or next_at > ticking.now() + TROUBLE:
            return False
        time.sleep(LOOK)
    return True


def _next_at() -> datetime | None:
    moving = WatchedSubscriber.objects.filter(grant__isnull=False)
    next_at: datetime | None = moving.aggregate(at=Min("ask_at"))["at"]
    return next_at


def _ask(rows: QuerySet[WatchedSubscriber], now: datetime) -> None:
    """All that one Webex account looked at last; a link that is of no use leaves its rows alone.

    Another account of the organisation may not see them all, so it is not asked in its name.
    """
    followed = rows.filter(ask_at__isnull=False, grant__isnull=False)
    newest = followed.select_related("grant__app", "grant__user").order_by("-seen_at").first()
    if newest is None or newest.grant is None:
        return
    allowed, wait = rate_limit.reserve_rest(newest.grant, most=1, now=now)
    if not allowed:
        followed.filter(ask_at__lte=now).update(ask_at=now + wait)
        return
    try:
        _ask_webex(Caller(newest.grant, now), list(followed))
    except WebexUnavailable as error:
        followed.filter(ask_at__lte=now).update(
            ask_at=now + max(error.retry_after or TROUBLE, TROUBLE)
        )
    except IntegrationError as error:
        logger.warning("Not followed any more: grant=%s reason=%s", newest.grant.pk, error)
        followed.filter(grant=newest.grant).update(grant=None)


def _ask_webex(caller: Caller, rows: list[WatchedSubscriber]) -> None:
    by_key = {row.key: row for row in rows}
    for each in changed_since(caller, min(map(_since, rows))):
        row = by_key.get(WatchedSubscriber.key_of(caller.grant.app_id, each.id))
        if row is not None:
            _update(caller, row, each)
    for row in rows:
        is_overdue = row.is_moving and caller.now - row.followed_since >= LOOK_UP_AFTER
        if is_overdue and row.looked_up_at is None:
            _look_up(caller, row)
    for row in rows:
        wait = pause(row.status, caller.now - row.followed_since)
        ask_at = caller.now + wait if wait else None
        as_known = WatchedSubscriber.objects.filter(pk=row.pk, status=row.status)
        as_known.update(ask_at=ask_at, asked_at=caller.now)


def changed_since(caller: Caller, moment: datetime) -> Iterable[Subscriber]:
    """Subscribers that no longer move and changed since then, by Webex's clock."""
    page = caller.ask(broadworks.subscribers, changed_query(moment))
    yield from page.items
    for _number in range(PAGES - 1):
        if not page.next_url:
            return
        page = caller.ask(broadworks.next_page, page.next_url)
        yield from page.items


def changed_query(moment: datetime) -> dict[str, str]:
    """A second earlier: what changed in the same second is asked for once more."""
    milliseconds = str(int(moment.timestamp() * 1000) - 1000)
    return {"lastStatusChange": milliseconds, "status": ",".join(FINAL)}


def _since(row: WatchedSubscriber) -> datetime:
    """Nothing changed before what is known of it; long ago, since it was last asked about."""
    changed_at = row.changed_at or row.followed_since - SKEW
    return max(changed_at, row.asked_at - SKEW) if row.asked_at else changed_at


def _look_up(caller: Caller, row: WatchedSubscriber) -> None:
    row.looked_up_at = caller.now
    WatchedSubscriber.objects.filter(pk=row.pk).update(looked_up_at=caller.now)
    try:
        _update(caller, row, caller.ask(broadworks.subscriber, row.webex_id))
    except Rejected:  # it is gone
        WatchedSubscriber.objects.filter(pk=row.pk).delete()


def _update(caller: Caller, row: WatchedSubscriber, found: Subscriber) -> None:
    if found.status != row.status:
        row.followed_since, row.looked_up_at = caller.now, None
    facts = {**_facts(found), "followed_since": row.followed_since}
    as_old = WatchedSubscriber.objects.filter(pk=row.pk).no_newer_than(found.changed_at)
    with transaction.atomic():
        if as_old.update(**facts):
            _announce(caller, found, was=row.status)
    row.status = found.status


def _announce(caller: Caller, found: Subscriber, *, was: str) -> None:
    grant = caller.grant
    announcing.announce_end(grant, found, was=was, hostname=grant.hostname, now=caller.now)


def _row(
    caller: Caller, key: str, found: Subscriber, known: WatchedSubscriber | None = None
) -> WatchedSubscriber:
    is_same = known is not None and known.status == found.status
    since = known.followed_since if known is not None and is_same else caller.now
    wait = pause(found.status, caller.now - since)
    return WatchedSubscriber(
        key=key,
        app=caller.grant.app,
        org_id=caller.grant.org_id,
        grant=caller.grant,
        webex_id=found.id,
        followed_since=since,
        ask_at=caller.now + wait if wait else None,
        asked_at=caller.now,
        looked_up_at=known.looked_up_at if known is not None and is_same else None,
        seen_at=caller.now,
        **_facts(found),
    )


def _facts(found: Subscriber) -> dict[str, object]:
    return {
        "person_id": found.person_id,
        "broadworks_user_id": found.user_id[:320],
        "enterprise_id": found.enterprise_id[:320],
        "package": found.package[:100],
        "status": found.status[:100],
        "changed_at": found.changed_at,
    }
