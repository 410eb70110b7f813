"""Is a worker gone that nobody stopped? How many there should be, nobody says."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import ngettext

from integrations.models import Heartbeat
from integrations.models.heartbeat import GONE
from integrations.operations.check import Check, Level
from integrations.operations.renewals import in_words
from integrations.plain_text import grouped, isolated, the_first

SILENT = timedelta(minutes=5)
MOST_NAMED = 5


def gone(workers: Sequence[Heartbeat], now: datetime) -> dict[str, datetime]:
    """Silent without having left, and nobody with a new name came for it; by node, the first first.
    After a day it is forgotten."""
    here = sorted((each for each in workers if now - each.at < GONE), key=lambda each: each.at)
    silent = [each for each in here if now - each.at >= SILENT]
    others = here[len(silent) :]
    for began_at in sorted(each.began_at for each in others if each.began_at):
        if silent and silent[0].at < began_at:
            del silent[0]
    return {each.name.partition(" ")[2]: each.at for each in silent}


def trouble(gone: dict[str, datetime], now: datetime) -> Iterable[Check]:
    if not gone:
        return
    names = the_first([isolated(name) for name in gone], MOST_NAMED)
    since = min(gone.values())
    values = {"n": grouped(len(gone)), "names": names, "since": in_words(since, now)}
    sentence = ngettext(
        "A worker is gone that nobody stopped: %(names)s, last seen at %(since)s.",
        "%(n)s workers are gone that nobody stopped: %(names)s; the first last seen at %(since)s.",
        len(gone),
    )
    step = ngettext(
        "Start it again, or another in its place; its log says why it ended.",
        "Start them again, or others in their place; their logs say why they ended.",
        len(gone),
    )
    yield Check("workers", Level.ASKS, sentence % values, step, is_trouble=True, since=since)
