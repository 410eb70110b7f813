"""What records keep as codes, read in the reader's language; what has no words stays as it is."""

import re
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.actions import Action
from integrations.models import AuditEvent, BulkJob, GrantEvent, WebhookEndpoint
from integrations.models.grant_event import IN_WORDS
from integrations.operations.causes import Cause
from integrations.provisioning import recording
from integrations.renewal.outcomes import NOBODY_LINKED
from integrations.single_sign_on import words

Stop = BulkJob.StopReason
WRITTEN: dict[str, Promise] = {
    **IN_WORDS,
    "by a program": gettext_lazy("by a program"),
    "user deactivated": gettext_lazy("the user was deactivated"),
    "right withdrawn": gettext_lazy("the right to use Webex was withdrawn"),
    **{reason.lower(): reason.label for reason in WebhookEndpoint.Off},
    NOBODY_LINKED: gettext_lazy("nobody is linked any more"),
    "the encryption key was lost": gettext_lazy("the encryption key was lost"),
    "unknown name": gettext_lazy("nobody has this user name"),
    "user deleted": gettext_lazy("the user was deleted"),
    "with their Webex people": gettext_lazy("with their Webex people"),
    "result.csv all": gettext_lazy("result.csv, every line"),
    "result.csv not done": gettext_lazy("result.csv, what was not done"),
}
STOPPED: dict[str, Promise] = {
    Stop.BY_PERSON: gettext_lazy("by whoever started it"),
    Stop.NOT_LINKED: gettext_lazy("their Webex account is no longer linked"),
    Stop.RIGHT_LOST: gettext_lazy("they may no longer run bulk jobs"),
    Stop.OTHER_ACCOUNT: gettext_lazy("they linked another Webex account meanwhile"),
    Stop.REFUSED: gettext_lazy("Webex no longer accepts the access to their account"),
    Stop.FORBIDDEN: gettext_lazy("a Webex role or a scope is missing"),
    Stop.UNREADABLE: gettext_lazy("what is stored cannot be read with this encryption key"),
}
TESTED: dict[str, Promise] = {  # by the name of the error
    "AccessDenied": gettext_lazy("declined at Webex"),
    "AuthorizationFailed": gettext_lazy("Webex ended the sign-in."),
    "ConsentRefused": gettext_lazy("what came back is incomplete, or of an unknown issuer"),
    "InvalidClient": gettext_lazy("Webex refuses the client ID and secret."),
    "InvalidGrant": gettext_lazy("Webex refused the code."),
    "Refused": gettext_lazy("Webex refused the code."),
    "NoRefreshToken": gettext_lazy("Webex granted access that cannot be renewed."),
    "UndecryptableValue": gettext_lazy("The client secret cannot be read."),
    "WebexUnavailable": gettext_lazy("Webex did not answer properly."),
    "AmbiguousOutcome": gettext_lazy("Webex did not answer properly."),
}
SWITCHED: dict[str, Promise] = {"on": gettext_lazy("on"), "off": gettext_lazy("off")}
KINDS: dict[str, Promise] = {  # of objects that are at Webex only
    "enterprise": gettext_lazy("enterprise"),
    "external user": gettext_lazy("directory user"),
    "billing report": gettext_lazy("billing report"),
}

# As single_sign_on/admission.py, key_rotation.py and lost_key.py in operations/ write them.
REFUSED = re.compile(r"(?P<provider>.+): (?P<code>\w+), sub (?P<subject>.+)", re.DOTALL)
ROTATED = re.compile(r"(\d+) values anew with key (\w+), (\d+) left(?:; run by (.+))?", re.DOTALL)
GIVEN_UP = re.compile(r"(\d+) rows")


def what(event: AuditEvent) -> str:
    """And what came of it, where it was not done."""
    is_said = event.result == AuditEvent.Result.DONE or event.action.startswith("sign_in.")
    return event.in_words if is_said else f"{event.in_words}: {event.get_result_display()}"


def why(event: AuditEvent | GrantEvent) -> str:
    action = event.action if isinstance(event, AuditEvent) else ""
    return str(READERS.get(action, reason_in_words)(event.reason))


def reason_in_words(noted: str) -> str:
    """What renewals noted, or why something was ended."""
    known = str(WRITTEN.get(noted, "")) or Cause.of(noted).known_words
    return known or recording.answer_in_words(noted) or noted


def _among(known: dict[str, Promise]) -> Callable[[str], str]:
    return lambda noted: str(known.get(noted, "")) or reason_in_words(noted)


def _failed_sign_in(noted: str) -> str:
    """With a password, or because of an identity provider."""
    return str(WRITTEN[noted]) if noted in WRITTEN else words.failed(noted)


def _refused_sign_in(noted: str) -> str:
    found = REFUSED.fullmatch(noted)
    return words.refused(*found.groups()) if found else noted


def _rotated(noted: str) -> str:
    if not (found := ROTATED.fullmatch(noted)):
        return noted
    count, key, left, by = found.groups()
    facts = {"n": int(count), "key": key, "left": left, "by": by}
    text = ngettext(
        "%(n)d value anew with key %(key)s, %(left)s left",
        "%(n)d values anew with key %(key)s, %(left)s left",
        int(count),
    )
    return (f"{text}; {_('run by %(by)s')}" if by else text) % facts


def _given_up(noted: str) -> str:
    found = GIVEN_UP.fullmatch(noted)
    return ngettext("%d row", "%d rows", int(found[1])) % int(found[1]) if found else noted


READERS: dict[str, Callable[[str], str]] = {
    Action.BULK_JOB_STOPPED: _among(STOPPED),
    Action.DIRECTORY_SYNC_CHANGED: _among(SWITCHED),
    Action.KEYS_ROTATED: _rotated,
    Action.KEY_GIVEN_UP: _given_up,
    Action.LINK_TESTED: _among(TESTED),
    Action.SIGN_IN_FAILED: _failed_sign_in,
    Action.SIGN_IN_REFUSED: _refused_sign_in,
}
