"""What a run in the foreground did not renew, and why: for `manage.py refresh_grants`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import Grant, WebexApp
from integrations.operations.causes import Cause
from integrations.operations.check import Level
from integrations.operations.renewals import in_words
from integrations.plain_text import grouped


@dataclass(frozen=True)
class LeftOver:
    """Of one integration, after the run."""

    app: WebexApp
    now: datetime
    due: int = 0
    elsewhere: int = 0  # due, and another process is at them
    waiting: int = 0  # failed before, and wait for their next attempt
    refused: int = 0  # by Webex, of those that wait
    next_at: datetime | None = None  # the first of them
    lost: int = 0  # nobody but their users can mend that

    def level(self, *, asked: bool, renewed: bool) -> Level:
        """Worst where something was asked for and nothing came of it; who must link again counts
        as done."""
        is_paused = self.app.is_paused(self.now)
        waits = self.due + self.elsewhere + self.waiting
        if not waits and not is_paused:
            return Level.FINE
        is_stuck = (asked and self.due + self.waiting) or (is_paused and waits)
        return Level.BLOCKS if is_stuck and not renewed else Level.ASKS

    def sentences(self) -> Iterator[str]:
        if self.app.is_paused(self.now) and (until := self.app.refresh_paused_until):
            cause = Cause.of(self.app.pause_reason)
            values = {"until": in_words(until, self.now), "cause": cause.in_words}
            text = _("It is paused until %(until)s. %(cause)s") % values
            if not cause.is_a_wait:
                text += " " + _("“manage.py resume_integration” tries it at once.")
            yield text
        if self.due:
            yield (
                ngettext("%s is due and was not tried.", "%s are due and were not tried.", self.due)
                % grouped(self.due)
            )
        if self.elsewhere:
            yield (
                ngettext(
                    "%s is being renewed by another process.",
                    "%s are being renewed by another process.",
                    self.elsewhere,
                )
                % grouped(self.elsewhere)
            )
        if self.waiting:
            yield self._waiting()
        if self.lost:
            yield (
                ngettext(
                    "%s user must link again; nobody else can do it.",
                    "%s users must link again; nobody else can do it.",
                    self.lost,
                )
                % grouped(self.lost)
            )

    def _waiting(self) -> str:
        text = ngettext(
            "%(n)s failed before and waits for its next attempt at %(at)s.",
            "%(n)s failed before and wait for their next attempts, the first at %(at)s.",
            self.waiting,
        )
        at = in_words(self.next_at, self.now) if self.next_at else ""
        text %= {"n": grouped(self.waiting), "at": at}
        if self.refused:
            refused = _("Of these, Webex refused %s, which is not believed yet.")
            text += " " + refused % grouped(self.refused)
        return text


def find(app_id: int, *, now: datetime) -> LeftOver:
    grants = Grant.objects.filter(app=app_id, user__is_active=True)
    due = Grant.objects.due_in_app(app_id, now).count()
    elsewhere = grants.active().filter(refresh_due_at__lte=now).count() - due
    waiting = (
        grants.failing()
        .filter(refresh_due_at__gt=now)
        .aggregate(
            waiting=Count("pk"), refused=Count("suspect_since"), next_at=Min("refresh_due_at")
        )
    )
    lost = grants.filter(status=Grant.Status.CONSENT_LOST).count()
    app = WebexApp.objects.get(pk=app_id)
    return LeftOver(app, now, due=due, elsewhere=max(elsewhere, 0), lost=lost, **waiting)


def switched_off() -> list[tuple[WebexApp, int]]:
    """Integrations that renew nothing although people are linked, and how many."""
    linked = Grant.objects.active().filter(app__is_enabled=False).order_by()
    counts = dict(linked.values_list("app").annotate(Count("pk")))
    apps = WebexApp.objects.filter(pk__in=counts).order_by("name")
    return [(app, counts[app.pk]) for app in apps]
