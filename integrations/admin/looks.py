"""Which icon and tone an event has. A kind that is missing here is an error, never a green one."""

from integrations.actions import Action
from integrations.models import AuditEvent, GrantEvent

GOOD, WARN, BAD, GREY = "good", "warn", "bad", ""

Kind = GrantEvent.Kind

EVENTS: dict[str, tuple[str, str]] = {
    Kind.LINKED: ("success", GOOD),
    Kind.RELINKED: ("success", GOOD),
    Kind.RECOVERED: ("success", GOOD),
    Kind.REPLACED: ("success", GOOD),
    Kind.DISCONNECTED: ("off", GREY),
    Kind.CONSENT_LOST: ("error", BAD),
    Kind.TRIED_AGAIN: ("retry", GREY),
    Kind.EXPIRING: ("warning", WARN),
    Kind.DECLINED: ("off", GREY),
    Kind.KEPT: ("info", GREY),
    Kind.RENEWAL_ASKED: ("retry", GREY),
    Kind.RIGHT_LOST: ("warning", WARN),
    Kind.RIGHT_RETURNED: ("success", GOOD),
}

ACTIONS: dict[str, tuple[str, str]] = {
    **{kind.action: EVENTS[kind] for kind in Kind},
    Action.SIGNED_IN: ("user", GREY),
    Action.SIGNED_OUT: ("leave", GREY),
    Action.SECRET_SET: ("key", GREY),
    Action.PASSWORD_SET: ("key", GREY),
    Action.API_KEY_MADE: ("key", GREY),
    Action.API_KEY_ROTATED: ("key", GREY),
    Action.API_KEY_REVOKED: ("off", GREY),
    Action.ACCESS_TOKEN_HANDED_OUT: ("key", GREY),
    Action.KEYS_ROTATED: ("key", GREY),
    Action.KEY_GIVEN_UP: ("warning", WARN),
    Action.INTEGRATION_RENEWAL_ASKED: ("retry", GREY),
    Action.INTEGRATION_RESUME_ASKED: ("retry", GREY),
    Action.INTEGRATION_PAUSED: ("warning", WARN),
    Action.INTEGRATION_RESUMED: ("success", GOOD),
    Action.WEBHOOK_SECRET_ROTATED: ("key", GREY),
    Action.WEBHOOK_SWITCHED_OFF: ("warning", WARN),
}
RESULTS: dict[str, tuple[str, str]] = {
    AuditEvent.Result.REFUSED: ("warning", WARN),
    AuditEvent.Result.FAILED: ("error", BAD),
}


def of_audit(event: AuditEvent) -> tuple[str, str]:
    """Most of what people do is neither good nor bad: it is told in grey."""
    return RESULTS.get(event.result) or ACTIONS.get(event.action, ("info", GREY))
