"""What verbs raise, as a problem: the same sentences as on the pages."""

import math

from django.utils.translation import gettext as _

from integrations.api.authentication import ApiRequest
from integrations.api.problems import Problem
from integrations.errors import (
    AmbiguousOutcome,
    InsufficientScope,
    IntegrationError,
    NotLinked,
    NotOffered,
    Rejected,
    UndecryptableValue,
    WebexBusy,
    WebexError,
    WebexUnavailable,
)
from integrations.provisioning import words

KNOWN = (Problem, NotLinked, NotOffered, UndecryptableValue, WebexBusy, WebexError)
RETRY_AFTER = 60  # seconds, where Webex says nothing


def problem_of(error: Exception, request: ApiRequest) -> Problem:
    if isinstance(error, Problem):
        return error
    assert isinstance(error, IntegrationError)
    status, code = _status_and_code(error)
    detail = _detail(error)
    tracking_id = getattr(error, "tracking_id", "")
    facts = {"tracking_id": tracking_id} if tracking_id else {}
    return Problem(status, code, detail, headers=_headers(error, status), **facts)


def _detail(error: IntegrationError) -> str:
    if isinstance(error, NotLinked):
        return _("There is no living link to Webex here. Its user must link their account.")
    if isinstance(error, NotOffered):
        return _("Webex is not offered to this user at this hostname.")
    told = words.explain(error)
    return " ".join(f"{each.text} {each.next_step}".strip() for each in told)


def _status_and_code(error: IntegrationError) -> tuple[int, str]:
    if isinstance(error, NotLinked):
        return 409, "not_linked"
    if isinstance(error, NotOffered):
        return 409, "not_offered"
    if isinstance(error, InsufficientScope):
        return 403, "webex_forbids"
    if isinstance(error, Rejected):
        return (404, "unknown_at_webex") if error.status in (404, 410) else (409, "webex_refused")
    if isinstance(error, AmbiguousOutcome):
        return 503, "webex_outcome_unknown"
    if isinstance(error, UndecryptableValue):
        return 503, "unreadable_grant"
    return 503, "webex_busy" if isinstance(error, WebexBusy) else "webex_unavailable"


def _headers(error: IntegrationError, status: int) -> dict[str, str]:
    if status != 503:
        return {}
    wait = error.retry_after if isinstance(error, WebexUnavailable) else None
    seconds = math.ceil(wait.total_seconds()) if wait else RETRY_AFTER
    return {"Retry-After": str(max(seconds, 1))}
