"""The list of subscribers as CSV, page by page as Webex hands it out: memory stays flat.

The first page is asked for before anything is sent, so that a refusal is a page in words. What
breaks later raises: then the browser says that the download failed, and nobody works with half a
list.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from integrations import spreadsheet
from integrations.actions import Action
from integrations.clock import Ticking
from integrations.errors import IntegrationError, WebexUnavailable
from integrations.models import Grant
from integrations.models.watched_subscriber import WAITING
from integrations.provisioning import subscribers
from integrations.provisioning.caller import Caller
from integrations.provisioning.fields import BY_NAME
from integrations.provisioning.recording import recorded
from integrations.renewal import rate_limit
from integrations.webex import broadworks
from integrations.webex.broadworks import Subscriber
from integrations.webex.http import Deadline
from integrations.webex.rest import Page

logger = logging.getLogger(__name__)

LONGEST = 600.0  # seconds of one export; a thread of the web server is held as long
PAUSES = (3.0, 6.0, 12.0)  # seconds before a page is asked for again, where Webex names none
LONGEST_PAUSE = 45.0  # seconds; proxies give up on a silence of sixty
LONG = timedelta(days=7)
RESULTS = (
    "status", "errorCode", "errorDescription", "created", "lastStatusChange", "daysInStatus",
    "selfActivated", "personId", "id",
)  # fmt: skip


class Which(TextChoices):
    ALL = "", _("All")
    FAILED = "error", _("With an error")
    WAITING = "waiting", _("Waiting for the person")
    WAITING_LONG = "waiting_long", _("Waiting for the person for more than 7 days")


@dataclass(frozen=True)
class Wanted:
    enterprise: str = ""
    which: Which = Which.ALL

    @property
    def query(self) -> dict[str, str]:
        waiting = ",".join(WAITING)
        status = {Which.FAILED: "error", Which.WAITING: waiting, Which.WAITING_LONG: waiting}
        return {
            "spEnterpriseId": self.enterprise,
            "status": status.get(self.which, ""),
            "max": broadworks.AT_ONCE,
        }

    def includes(self, each: Subscriber, now: datetime) -> bool:
        if self.which != Which.WAITING_LONG:
            return True
        return each.changed_at is None or now - each.changed_at > LONG


def subscriber_lines(caller: Caller, wanted: Wanted) -> Iterator[str]:
    """Lines of the file. Raises what `subscribers.check` raises; so may each `next`."""
    asked = f"subscribers.csv enterprise={wanted.enterprise} which={wanted.which}"
    first = recorded(
        caller, Action.EXPORT_MADE, None,
        lambda: caller.ask(broadworks.subscribers, wanted.query), reason=asked,
    )  # fmt: skip
    return spreadsheet.lines(_rows(caller.grant, wanted, first))


def _rows(grant: Grant, wanted: Wanted, first: Page[Subscriber]) -> Iterator[list[object]]:
    ticking = Ticking()
    yield [*BY_NAME, *RESULTS]
    for page in _pages(grant, first, ticking):
        now = ticking.now()
        yield from (_cells(each, now) for each in page.items if wanted.includes(each, now))


def _cells(each: Subscriber, now: datetime) -> list[object]:
    values, changed_at = subscribers.values(each), each.changed_at
    return [
        *(values[name] for name in BY_NAME),
        each.status,
        " ".join(str(problem.code) for problem in each.problems if problem.code is not None),
        " ".join(problem.text for problem in each.problems),
        each.created_at and each.created_at.isoformat(),
        changed_at and changed_at.isoformat(),
        changed_at and max((now - changed_at).days, 0),
        "true" if each.self_activated else "false",
        each.person_id,
        each.id,
    ]


def _pages(grant: Grant, page: Page[Subscriber], ticking: Ticking) -> Iterator[Page[Subscriber]]:
    deadline = Deadline(LONGEST)
    yield page
    try:
        while page.next_url:
            page = _ask(grant, page.next_url, ticking, deadline)
            yield page
    except IntegrationError as error:
        logger.warning("Export broke off: grant=%s %s %s", grant.pk, type(error).__name__, error)
        raise


def _ask(grant: Grant, url: str, ticking: Ticking, deadline: Deadline) -> Page[Subscriber]:
    """Tries again, for asking changes nothing. At a job's pace, so that people can click."""
    for pause in (*PAUSES, None):
        _wait_for_turn(grant, ticking, deadline)
        grant.refresh_from_db()  # it may have been renewed, disconnected, or lost its right
        try:
            return Caller(grant, ticking.now()).ask(broadworks.next_page, url)
        except WebexUnavailable as error:
            wait = error.retry_after.total_seconds() if error.retry_after else pause
            if pause is None or wait is None or wait > LONGEST_PAUSE:
                raise
        time.sleep(wait)
    raise AssertionError("the last turn returns or raises")


def _wait_for_turn(grant: Grant, ticking: Ticking, deadline: Deadline) -> None:
    while True:
        allowed, wait = rate_limit.reserve_rest(grant, most=1, now=ticking.now())
        if deadline.remaining() < max(wait.total_seconds(), 0.01):
            raise WebexUnavailable("the export takes too long")
        if allowed:
            return
        time.sleep(wait.total_seconds())
