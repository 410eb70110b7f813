"""What is said of a line: kept as codes with what fills them in, read in the reader's language.

A line from before this was so has its sentence in `description`, in the language of its file.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.errors import Problem, Rejected
from integrations.models import BulkRow
from integrations.provisioning import words
from integrations.provisioning.fields import Fault
from integrations.provisioning.words import Explanation

Kept = Mapping[str, Any]  # as JSON keeps it


class Remark(models.TextChoices):
    # Of the dry run, about a cell.
    OPERATION = "operation", _("Write provision, update, remove or verify, or leave it empty.")
    SAME_USER = "same_user", _("Line %(line)s is about the same user.")
    MORE_CELLS = "more_cells", _("The line has more cells than there are columns.")
    REQUIRED = "required", _("Required.")
    NO_NUMBER = "no_number", _("An extension or a primary phone number is required.")
    NO_DEFAULT = "no_default", _("Required: the integration has no default.")
    CHANGES_NOTHING = (
        "changes_nothing",
        _("The line changes nothing: fill the cells that shall change."),
    )
    TOO_LONG = "too_long", _("Too long.")
    UNCHANGEABLE = "unchangeable", _("This cannot be changed here: leave the cell empty.")
    PACKAGE = "package", _("Write softphone, basic, standard or premium.")
    # What came of it.
    CHECKED = "checked", _("The check passed.")
    WAS_THERE = "was_there", _("Was there already.")
    SAME = "same", _("Nothing to change.")
    SLOW = "slow", _("Webex is still setting this up.")
    BACK = "back", _("Was given Webex again meanwhile, so the Webex person stays.")
    PERSON_REMOVED = "person_removed", _("The Webex person is removed, too.")
    PERSON_NEXT = (
        "person_next",
        _("No longer has Webex here; the Webex person is still to be removed."),
    )
    PERSON_STAYS = (
        "person_stays",
        _("No longer has Webex here, but the Webex person is still there."),
    )
    GONE = "gone", _("Webex does not know this user any more.")
    NOT_THERE = "not_there", _("Webex did not know this user: nothing to remove.")
    UNKNOWN = "unknown", _("Webex does not know this user.")
    NEVER_ARRIVED = (
        "never_arrived",
        _("Webex did not answer properly, several times. It does not know this user."),
    )
    UNANSWERED = "unanswered", _("Webex did not answer properly, several times.")
    FORBIDDEN = "forbidden", _("Your Webex account may not do this for this user.")
    ELSEWHERE = "elsewhere", _("This user belongs to %(enterprise)s at Webex.")


def said(remark: Remark, **facts: str | int) -> list[Kept]:
    """Of a whole line. `facts` fill in its sentence."""
    return [about(remark, **facts)]


def about(remark: Remark | Fault, **facts: str | int) -> Kept:
    """Of a cell, or beside others."""
    return {"fault" if isinstance(remark, Fault) else "remark": str(remark), **facts}


def of_problems(problems: tuple[Problem, ...], tracking_id: str) -> list[Kept]:
    for each in problems:
        words.count_unknown(each, tracking_id)
    return [{"webex": each.code, "text": each.text, "field": each.field} for each in problems]


def of_rejection(error: Rejected) -> list[Kept]:
    if error.problems and error.status not in words.GONE:
        return of_problems(error.problems, error.tracking_id)
    return [{"status": error.status}]


def of_state(webex_status: str) -> list[Kept]:
    """For whom it waits, where it does."""
    return [{"state": webex_status}] if words.STATES[webex_status][1] else []


def of_row(row: BulkRow) -> str:
    """All that is said of it."""
    if row.remarks:
        return " ".join(map(in_words, row.remarks))
    if row.description:
        return row.description
    return " ".join(f"{column}: {in_words(each)}" for column, each in row.problems.items())


def in_words(kept: Kept | str, *, with_step: bool = True) -> str:
    """A sentence, and where Webex refused what to do next."""
    if isinstance(kept, str):
        return kept
    if "remark" in kept:
        return str(Remark(kept["remark"]).label) % kept
    if "fault" in kept:
        return str(Fault(kept["fault"]).label)
    if "state" in kept:
        return str(words.STATES[kept["state"]][1])
    explanation = _explanation(kept)
    return f"{explanation.text} {explanation.next_step if with_step else ''}".strip()


def _explanation(kept: Kept) -> Explanation:
    if "status" in kept:
        return words.explain(Rejected(status=kept["status"]))[0]
    return words.in_words(Problem(kept["webex"], kept["text"], kept["field"]))
