"""Does anybody look for what is due? If not, no integration is well."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.models import Heartbeat
from integrations.operations.check import Check, Level
from integrations.operations.renewals import in_words
from integrations.renewal.sweep import SWEEP

CODE = "sweep"


def is_late(last_sweep_at: datetime | None, now: datetime) -> bool:
    patience = timedelta(seconds=3 * settings.REFRESH_SWEEP_EVERY + 30)
    return last_sweep_at is None or now - last_sweep_at > patience


def check_late(last_sweep_at: datetime | None, anybody: bool, now: datetime) -> Check:
    if last_sweep_at:
        sentence = _("Nothing is renewed: nobody has looked for what is due since %s.")
        sentence %= in_words(last_sweep_at, now)
    else:
        sentence = _("Nothing is renewed: nobody has looked for what is due yet.")
    level = Level.BLOCKS if anybody else Level.ASKS
    step = _(
        "Start worker, beat and broker, whichever does not run; its log says why it ended. Where "
        "all run, beat's log says why the broker takes nothing: its memory may be full."
    )
    return Check(CODE, level, sentence, step, tab="", is_trouble=True, since=last_sweep_at)


def stopped_at(now: datetime) -> datetime | None:
    """None while they go on, and before the first: then nothing ever ran here."""
    last = Heartbeat.objects.until(now).filter(name=SWEEP).values_list("at", flat=True).first()
    return last if last and is_late(last, now) else None
