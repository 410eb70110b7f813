"""What of the renewals of an integration is trouble.

The one place that decides: overview, panel, list, `status`, `check_registration`, probes and
metrics all show what is found here.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import WebexApp
from integrations.operations.causes import Cause
from integrations.operations.check import Check, Level
from integrations.operations.renewal_figures import ONE_DRAIN, OVERDUE, Renewals
from integrations.plain_text import grouped
from integrations.renewal.refusal_policy import Client

NEARLY_FULL = 0.8  # of the rate limit
TABS = {"client": "general", "previous_secret": "general"}  # where it is mended, if on its page
LATELY = timedelta(minutes=5)


def find_trouble(app: WebexApp, renewals: Renewals, *, now: datetime) -> list[Check]:
    """The worst first. None for an integration that is off: nobody expects it to renew."""
    if not app.is_enabled:
        return []
    stops_all = (
        _refused_client(app, renewals, now)
        or _paused(app, renewals, now)
        or _everything_fails(renewals, now)
    )
    behind = [*_behind(renewals, now)] or [*_untried(renewals, now), *_nearly_full(renewals)]
    found = [*_incident(renewals, now), *_late(renewals, now), *behind]
    found = [stops_all] if stops_all else found
    found += [*_previous_secret(app, now), *_lost(renewals)]
    found = [replace(check, is_trouble=True, tab=TABS.get(check.code, "")) for check in found]
    return sorted(found, key=lambda check: list(Level).index(check.level))


def refuses_client(app: WebexApp, renewals: Renewals) -> bool:
    """Not if somebody was renewed since it said so."""
    is_refused = app.client_answer == Client.REFUSED or Cause.of(app.pause_reason).is_the_client
    return is_refused and not renewals.has_renewed_since(app.client_asked_at)


def _refused_client(app: WebexApp, renewals: Renewals, now: datetime) -> Check | None:
    if not refuses_client(app, renewals):
        return None
    cause = Cause.of(app.pause_reason)
    since = renewals.incident_since or app.client_asked_at
    sentence = _("Webex refuses the client ID and secret.")
    step = _("Nothing is renewed and nobody can link, since %(since)s.")
    step %= {"since": in_words(since, now) if since else _("a while")}
    step += f" {cause.next_step}"
    return Check(
        "client", Level.BLOCKS, sentence, step, since=since, until=app.refresh_paused_until,
        tracking_id=cause.tracking_id, can_resume=app.is_paused(now),
    )  # fmt: skip


def _previous_secret(app: WebexApp, now: datetime) -> Iterable[Check]:
    used_at = app.previous_client_secret_used_at
    if app.relies_on_previous_secret and used_at:
        sentence = _("Webex refuses the new client secret; the one before it works and is used.")
        step = _(
            "Copy the secret again from developer.webex.com; what you save is tried at once. "
            "Nothing stops until Webex ends the one before it, which it accepted at %(at)s."
        ) % {"at": in_words(used_at, now)}
        yield Check("previous_secret", Level.ASKS, sentence, step, since=app.client_secret_set_at)


def _paused(app: WebexApp, renewals: Renewals, now: datetime) -> Check | None:
    """Between two attempts a pause is still one: nothing was renewed yet."""
    since = renewals.incident_since
    if not app.is_paused(now) and not (app.pause_reason and since):
        return None
    cause = Cause.of(app.pause_reason)
    until = app.refresh_paused_until if app.is_paused(now) else None
    values = {"cause": cause.in_words, "until": in_words(until, now) if until else ""}
    if cause.is_a_wait and until:
        sentence = _("Webex asked us to wait until %(until)s.")
    elif until:
        sentence = _("%(cause)s Renewals are tried again at %(until)s.")
    else:
        sentence = _("%(cause)s Renewals are being tried again.")
    sentence %= values
    if since:
        sentence += " " + _("It began at %(since)s.") % {"since": in_words(since, now)}
    is_long = _is_past(since, now) or bool(renewals.overdue)
    level = Level.BLOCKS if is_long and _is_stalled(renewals, now) else Level.ASKS
    step = cause.next_step or _("Renewals go on by themselves then; nobody has to link again.")
    return Check(
        "paused", level, sentence, step, since=since, until=until, tracking_id=cause.tracking_id,
        can_resume=bool(until) and not cause.is_a_wait,
    )  # fmt: skip


def _everything_fails(renewals: Renewals, now: datetime) -> Check | None:
    since = renewals.fresh_since
    if since is None or _others_succeed(renewals, since, now):
        return None
    cause = Cause.of(renewals.fresh_error)
    values = {
        "n": grouped(renewals.troubled),
        "since": in_words(since, now),
        "cause": cause.in_words,
    }
    sentence = ngettext(
        "No renewal succeeded since %(since)s; %(n)s user waits. %(cause)s",
        "No renewal succeeded since %(since)s; %(n)s users wait. %(cause)s",
        renewals.troubled,
    )
    level = Level.BLOCKS if _is_past(since, now) else Level.ASKS
    return Check(
        "failing", level, sentence % values, cause.next_step or _still_linked(), since=since,
        tracking_id=renewals.fresh_tracking_id,
    )  # fmt: skip


def _others_succeed(renewals: Renewals, since: datetime, now: datetime) -> bool:
    """What was renewed right before speaks for one that fails, and not for long for several: an
    outage may begin in the middle of a drain, whose last answers still come.
    """
    is_news = renewals.is_fresh_alone or now - since < LATELY
    return is_news and renewals.has_renewed_since(since - ONE_DRAIN)


def _incident(renewals: Renewals, now: datetime) -> Iterable[Check]:
    if since := renewals.incident_since:
        cause = Cause.of(renewals.incident_reason or "")
        values = {"cause": cause.in_words, "since": in_words(since, now)}
        sentence = _("Some renewals fail, others succeed, since %(since)s. %(cause)s") % values
        step = _("See whom it concerns, and of which organisation: Grants, “failing now”.")
        yield Check(
            "incident", Level.ASKS, sentence, step, since=since, tracking_id=cause.tracking_id
        )


def _late(renewals: Renewals, now: datetime) -> Iterable[Check]:
    if renewals.late:
        sentence = ngettext(
            "%(n)s user could not be renewed for more than an hour. %(cause)s",
            "%(n)s users could not be renewed for more than an hour. %(cause)s",
            renewals.late,
        )
        cause = Cause.of(renewals.last_error or "")
        sentence %= {"n": grouped(renewals.late), "cause": cause.in_words}
        since, tracking_id = renewals.troubled_since, renewals.last_tracking_id or ""
        step = cause.next_step or _still_linked()
        yield Check("late", Level.ASKS, sentence, step, since=since, tracking_id=tracking_id)


def _untried(renewals: Renewals, now: datetime) -> Iterable[Check]:
    if renewals.untried:
        sentence = ngettext(
            "%(n)s renewal has been due for more than an hour, since %(since)s, and was not tried.",
            "%(n)s renewals have been due for more than an hour, the first since %(since)s, "
            "and were not tried.",
            renewals.untried,
        )
        since = renewals.untried_since
        sentence %= {"n": grouped(renewals.untried), "since": in_words(since, now) if since else ""}
        step = _("Do worker, beat and broker run? If so, start more workers.")
        level = Level.BLOCKS if _is_stalled(renewals, now) else Level.ASKS
        yield Check("overdue", level, sentence, step, since=since)


def _behind(renewals: Renewals, now: datetime) -> Iterable[Check]:
    """More is due than the rate limit lets through in a while, and it is being worked off."""
    if not renewals.is_behind or not renewals.has_renewed_since(now - LATELY):
        return
    values = {"n": grouped(renewals.due)} | _use(renewals)
    if ends_at := renewals.caught_up_at(now):
        sentence = _(
            "%(n)s renewals wait for their turn, because %(limit)d a minute is the limit. Caught "
            "up at about %(end)s, the most urgent first."
        ) % {**values, "end": _about(ends_at, now)}
        step = _("Nobody has to do anything. If that moment moves away, start more workers.")
        yield Check("behind", Level.ASKS, sentence, step, until=ends_at)
    else:
        sentence = _(
            "%(n)s renewals wait for their turn, and no end is in sight: what comes due takes "
            "%(share)d %% of the rate limit (%(limit)d a minute)."
        )
        yield Check("behind", Level.BLOCKS, sentence % values, _raise_the_limit())


def _nearly_full(renewals: Renewals) -> Iterable[Check]:
    if renewals.share_of_limit >= NEARLY_FULL:
        sentence = _(
            "Its renewals take %(share)d %% of the rate limit (%(limit)d a minute); beyond "
            "100 %% they fall behind."
        )
        yield Check("nearly_full", Level.ASKS, sentence % _use(renewals), _raise_the_limit())


def _use(renewals: Renewals) -> dict[str, int]:
    share = round(100 * renewals.share_of_limit)
    return {"share": share, "limit": settings.REFRESH_CALLS_PER_MINUTE}


def _raise_the_limit() -> str:
    return _("Raise REFRESH_CALLS_PER_MINUTE, or move hostnames to another integration.")


def _lost(renewals: Renewals) -> Iterable[Check]:
    """One person who goes is no trouble; all of them, or most of them, are."""
    lost, known = renewals.lost, renewals.lost + renewals.linked
    if lost and not renewals.linked:
        sentence = ngettext(
            "Nobody is linked any more: %(n)s user must link again.",
            "Nobody is linked any more: %(n)s users must link again.",
            lost,
        ) % {"n": grouped(lost)}
        level = Level.BLOCKS if lost > 1 else Level.ASKS
    elif 2 * lost > known:
        sentence = _("More than half of all users, %(lost)s of %(known)s, must link again.")
        sentence, level = sentence % {"lost": grouped(lost), "known": grouped(known)}, Level.ASKS
    else:
        return
    step = _("Find out why before they do: Events says when, why and Webex's tracking ID of each.")
    yield Check("lost", level, sentence, step)


def _is_stalled(renewals: Renewals, now: datetime) -> bool:
    return not renewals.has_renewed_since(now - OVERDUE)


def _is_past(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= OVERDUE


def _still_linked() -> str:
    return _("The users stay linked, and their renewals are tried again.")


def in_words(moment: datetime, now: datetime) -> str:
    """“21:25:10 UTC”; with its date on another day."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    is_today = local.date() == today.date()
    return formats.date_format(local, "EXACT_TIME_FORMAT" if is_today else "EXACT_DATETIME_FORMAT")


def _about(moment: datetime, now: datetime) -> str:
    """“03:40 UTC”: the next five minutes; with its date on another day."""
    local = timezone.localtime(moment + timedelta(minutes=5))
    local -= timedelta(minutes=local.minute % 5)
    is_today = local.date() == timezone.localtime(now).date()
    return formats.date_format(local, "H:i e" if is_today else "DATETIME_FORMAT")
