"""What Webex said, in words with a next step: states, problems of a subscriber, failed calls."""

import logging
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import counting
from integrations.errors import (
    AmbiguousOutcome,
    InsufficientScope,
    IntegrationError,
    Locked,
    NotLinked,
    Problem,
    Rejected,
    UndecryptableValue,
    WebexError,
    WebexUnavailable,
)
from integrations.models import Grant
from integrations.provisioning.error_codes import WORDS

logger = logging.getLogger(__name__)

GONE = (404, 410)
ROLES = {  # that a scope is of no use without; of the others, Partner administrator
    "spark-admin:people_write": gettext_lazy("Full administrator or User administrator"),
}
STATES: dict[str, tuple[str | Promise, str | Promise]] = {  # a chip, a sentence
    "provisioning": (
        gettext_lazy("Provisioning"),
        gettext_lazy("Webex is setting this up; the first user of a company takes minutes."),
    ),
    "updating": (gettext_lazy("Updating"), gettext_lazy("Webex is changing this.")),
    "provisioned": (gettext_lazy("Provisioned"), ""),
    "pending_email_input": (
        gettext_lazy("Waits for an e-mail address"),
        gettext_lazy("Waits for the person to enter an e-mail address."),
    ),
    "pending_email_validation": (
        gettext_lazy("Waits for confirmation"),
        gettext_lazy("Waits for the person to confirm their e-mail address."),
    ),
    "pending_user_migration": (
        gettext_lazy("Waits for consent"),
        gettext_lazy("Waits for the person's consent to move their free Webex account."),
    ),
    "error": (gettext_lazy("Error"), ""),
}


@dataclass(frozen=True)
class Explanation:
    """A sentence, what to do next, and what to tell Cisco. `field` is the API's name of it."""

    text: str
    next_step: str = ""
    code: int | None = None
    field: str = ""
    tracking_id: str = ""
    is_unclear: bool = False  # Webex may have done it


def problem_in_words(problem: Problem, tracking_id: str = "") -> Explanation:
    count_unknown(problem, tracking_id)
    return in_words(problem, tracking_id)


def count_unknown(problem: Problem, tracking_id: str) -> None:
    """Where Webex says a code that nobody put into words yet."""
    if problem.code is not None and problem.code not in WORDS:
        logger.warning("Unknown code of Webex: %s tracking_id=%s", problem.code, tracking_id)
        counting.count("webex_unknown_codes", code=str(problem.code))


def in_words(problem: Problem, tracking_id: str = "") -> Explanation:
    facts: Any = {"code": problem.code, "field": problem.field, "tracking_id": tracking_id}
    known = WORDS.get(problem.code) if problem.code is not None else None
    if known is None:
        text = problem.text or _("Webex gave no reason.")
        return Explanation(text, _("If this does not help, ask Cisco with the details."), **facts)
    field = {"field": problem.field or problem.text or "?"}
    return Explanation(str(known[0]) % field, str(known[1]), **facts)


def explain(
    error: IntegrationError, grant: Grant | None = None, scope: str = ""
) -> list[Explanation]:
    """Why a call failed. `scope` is what the call needs, to tell a scope from a role."""
    tracking_id = error.tracking_id if isinstance(error, WebexError) else ""
    if isinstance(error, Rejected) and error.problems and error.status not in GONE:
        return [problem_in_words(each, tracking_id) for each in error.problems]
    text, next_step = _sentences(error, grant, scope)
    is_unclear = isinstance(error, AmbiguousOutcome)
    return [Explanation(text, next_step, tracking_id=tracking_id, is_unclear=is_unclear)]


def _sentences(error: IntegrationError, grant: Grant | None, scope: str) -> tuple[str, str]:
    if isinstance(error, NotLinked):
        return _("Your Webex account is not linked."), _("Link it on the page “Connection”.")
    if isinstance(error, UndecryptableValue):
        return (
            _("The portal cannot read its access to your Webex account."),
            _("Tell your administrator, or link your account again."),
        )
    if isinstance(error, InsufficientScope):
        return _not_allowed(grant, scope)
    if isinstance(error, Rejected):
        return _rejected(error)
    if isinstance(error, AmbiguousOutcome):
        return (
            _("Webex did not say whether it was done."),
            _("Look before you try again: it may have been."),
        )
    return _try_again(error)


def _not_allowed(grant: Grant | None, scope: str) -> tuple[str, str]:
    if grant is not None and scope and scope not in grant.scopes:
        text = _("Your link lacks a permission for this: %(scope)s.") % {"scope": scope}
        if scope in grant.app.scopes:
            return text, _("Link your Webex account again and accept it.")
        return text, _("Ask your administrator to add it to the Webex integration.")
    role = ROLES.get(scope, _("Partner administrator"))
    step = _("Ask whoever manages Webex for you for the role %(role)s.") % {"role": role}
    return _("Your Webex account may not do this."), step


def _rejected(error: Rejected) -> tuple[str, str]:
    if error.status in GONE:
        return _("Webex does not know this any more."), _("Search for it again.")
    if error.status == 409:
        return _("Something at Webex stands against this."), _("Look at its state and try again.")
    return _("Webex refused this and gave no reason."), _("Ask Cisco with the tracking ID.")


def _try_again(error: IntegrationError) -> tuple[str, str]:
    wait = error.retry_after if isinstance(error, WebexUnavailable) else None
    seconds = max(round(wait.total_seconds()), 1) if wait else 0
    when = _("Try again in %(seconds)d seconds.") % {"seconds": seconds}
    if isinstance(error, Locked):
        return _("Somebody else is changing this just now."), when if wait else _("Try again.")
    if isinstance(error, WebexError) and error.status == 429:
        return _("Webex asks for a pause."), when if wait else _("Try again in a minute.")
    return _("Webex does not answer right now."), when if wait else _("Try again in a minute.")
