"""Which icon and tone an event has. A kind that is missing here is an error, never a green one."""

from integrations.models import GrantEvent

GOOD, WARN, BAD, GREY = "good", "warn", "bad", ""

Kind = GrantEvent.Kind

EVENTS: dict[str, tuple[str, str]] = {
    Kind.LINKED: ("success", GOOD),
    Kind.RELINKED: ("success", GOOD),
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
