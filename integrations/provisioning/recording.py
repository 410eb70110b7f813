"""What is written at Webex is in the audit trail, done or not."""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from integrations.actions import Action
from integrations.errors import InsufficientScope, Rejected, WebexError
from integrations.models import AuditEvent
from integrations.models.audit_event import AtWebex, Object
from integrations.provisioning import announcing, following
from integrations.provisioning.caller import Caller
from integrations.webex.broadworks import Subscriber

T = TypeVar("T")
ANSWER = re.compile(r"([45]\d\d)(?: ([\d ]+))?")  # as `_why` writes it


def recorded(
    caller: Caller,
    action: Action,
    about: Object | None,
    call: Callable[[], T],
    *,
    changed: Collection[str] = (),
    reason: str = "",
) -> T:
    """Webex is asked outside of any transaction. Raises what `call` raises."""
    try:
        done = call()
    except WebexError as error:
        is_refused = isinstance(error, Rejected | InsufficientScope)
        AuditEvent.objects.record(
            action,
            about,
            now=caller.now,
            changed=changed,
            result=AuditEvent.Result.REFUSED if is_refused else AuditEvent.Result.FAILED,
            reason=f"{reason} {_why(error)}".strip(),
            tracking_id=error.tracking_id,
        )
        raise
    tracking_id = ""
    with transaction.atomic():
        if isinstance(done, Subscriber):  # a new one has its id only now
            was = announcing.SET_UP[0] if action == Action.SUBSCRIBER_PROVISIONED else ""
            (about,) = following.note(caller, [done], always=True, was=was)
            tracking_id = done.tracking_id
        AuditEvent.objects.record(
            action, about, now=caller.now, changed=changed, reason=reason, tracking_id=tracking_id
        )
    return done


def at_webex(caller: Caller, kind: str, id: str, label: str) -> AtWebex:
    return AtWebex(kind, AtWebex.key_of(caller.grant.app_id, id), label)


def _why(error: WebexError) -> str:
    """Codes, not Webex's sentences: a value that somebody typed could stand in them."""
    problems = error.problems if isinstance(error, Rejected) else ()
    codes = [str(each.code) for each in problems if each.code is not None]
    return f"{error.status} {' '.join(codes)}".strip() if error.status else error.reason


def answer_in_words(noted: str) -> str:
    """Of what `_why` wrote of an answer of Webex; empty where it is nothing of the kind."""
    found = ANSWER.fullmatch(noted)
    if not found:
        return ""
    status, codes = found.groups()
    if codes:
        return _("Webex answered %(status)s (%(codes)s).") % {"status": status, "codes": codes}
    return _("Webex answered %(status)s.") % {"status": status}
