"""What other systems are told by webhooks: types of events, and reasons with a code and a sentence.

Names never change: others compare them. A new reason is a new code.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from integrations.actions import Action


class EventType(TextChoices):
    GRANT_LINKED = "grant.linked", _("Somebody linked a Webex account")
    GRANT_CONSENT_LOST = "grant.consent_lost", _("Webex ended a connection")
    GRANT_CONSENT_ENDS_SOON = "grant.consent_ends_soon", _("A consent ends within a week")
    GRANT_RECOVERED = "grant.recovered", _("A connection that Webex had ended works again")
    GRANT_DISCONNECTED = "grant.disconnected", _("A grant was disconnected")
    INTEGRATION_PAUSED = "integration.paused", _("Renewals of an integration are paused")
    INTEGRATION_RESUMED = "integration.resumed", _("Renewals of an integration go on")
    BULK_JOB_FINISHED = "bulk_job.finished", _("A bulk job finished")
    SUBSCRIBER_PROVISIONED = "subscriber.provisioned", _("A subscriber is ready at Webex")
    SUBSCRIBER_FAILED = "subscriber.failed", _("A subscriber could not be provisioned")
    TEST = "webhook.test", _("A test, sent by hand")


CHOSEN = [each for each in EventType if each is not EventType.TEST]  # what one can ask for

# By what the audit trail says: the event it is for others, and the reason where none is given.
ANNOUNCED: dict[Action, tuple[EventType, str]] = {
    Action.GRANT_LINKED: (EventType.GRANT_LINKED, "linked"),
    Action.GRANT_RELINKED: (EventType.GRANT_LINKED, "linked_again"),
    Action.GRANT_REPLACED: (EventType.GRANT_LINKED, "account_replaced"),
    Action.GRANT_RECOVERED: (EventType.GRANT_RECOVERED, "linked_again"),
    Action.GRANT_TRIED_AGAIN: (EventType.GRANT_RECOVERED, "tried_again"),
    Action.GRANT_CONSENT_LOST: (EventType.GRANT_CONSENT_LOST, "refused_by_webex"),
    Action.GRANT_EXPIRING: (EventType.GRANT_CONSENT_ENDS_SOON, "not_renewed"),
    Action.GRANT_DISCONNECTED: (EventType.GRANT_DISCONNECTED, "by_user"),
    Action.INTEGRATION_PAUSED: (EventType.INTEGRATION_PAUSED, "webex_in_trouble"),
    Action.INTEGRATION_RESUMED: (EventType.INTEGRATION_RESUMED, "renewed_again"),
    Action.BULK_JOB_FINISHED: (EventType.BULK_JOB_FINISHED, "finished"),
}

# By what verbs note in English; whatever else they note is for operators, and has no code.
NOTED = {
    "by an administrator": "by_administrator",
    "by a program": "by_program",
    "user deactivated": "user_deactivated",
    "user deleted": "user_deleted",
    "right withdrawn": "right_withdrawn",
    "the encryption key was lost": "key_lost",
    "invalid_client": "client_refused",
    "unauthorized_client": "client_refused",
}

# In English whoever reads them: who speaks another language has the codes.
REASONS = {
    "linked": "The user linked a Webex account.",
    "linked_again": "The user linked the Webex account again.",
    "account_replaced": "The user linked another Webex account in place of the first.",
    "tried_again": "The client secret is new; what the old one was refused is tried again.",
    "refused_by_webex": "Webex no longer accepts this consent. The user must link again.",
    "key_lost": "The portal lost its encryption key. The user must link again.",
    "not_renewed": "The consent was not renewed and ends soon. The user can link again.",
    "by_user": "The user disconnected the Webex account.",
    "by_administrator": "An administrator disconnected the Webex account.",
    "by_program": "A program disconnected the Webex account through the API.",
    "user_deactivated": "The user was deactivated.",
    "user_deleted": "The user was deleted.",
    "right_withdrawn": "The user may no longer use Webex here.",
    "client_refused": "Webex refuses the client ID or secret. An administrator must correct it.",
    "webex_in_trouble": "Webex does not answer as it should. It is tried again by itself.",
    "renewed_again": "Renewals work again.",
    "finished": "Every line of the file was dealt with.",
    "provisioned": "Webex says that the subscriber is provisioned.",
    "rejected": "Webex rejected the subscriber, or could not set it up.",
    "test": "An administrator sent this to see whether it arrives.",
}


def reason(code: str) -> dict[str, str]:
    return {"code": code, "text": REASONS[code]}
