"""The vocabulary of what happens here: for the audit trail, timelines and events to others."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Action(TextChoices):
    """What, in the past tense, of which object. Names never change: others read them, too."""

    SIGNED_IN = "sign_in.succeeded", _("Signed in")
    SIGN_IN_FAILED = "sign_in.failed", _("Sign-in failed")
    SIGN_IN_REFUSED = "sign_in.refused", _("Sign-in refused")
    SIGNED_OUT = "sign_in.ended", _("Signed out")

    IDENTITY_LINKED = "identity.linked", _("Linked to an identity provider")
    IDENTITY_UNLINKED = "identity.unlinked", _("Unlinked from an identity provider")
    PROVIDER_ADDED = "identity_provider.added", _("Identity provider added")
    PROVIDER_CHANGED = "identity_provider.changed", _("Identity provider changed")
    PROVIDER_DELETED = "identity_provider.deleted", _("Identity provider deleted")

    INTEGRATION_ADDED = "integration.added", _("Integration added")
    INTEGRATION_CHANGED = "integration.changed", _("Integration changed")
    INTEGRATION_DELETED = "integration.deleted", _("Integration deleted")
    INTEGRATION_PAUSED = "integration.paused", _("Renewals began to fail")
    INTEGRATION_RESUMED = "integration.resumed", _("Renewals work again")
    INTEGRATION_RENEWAL_ASKED = "integration.renewal_asked", _("Renewal of all grants asked for")
    INTEGRATION_RESUME_ASKED = "integration.resume_asked", _("End of a pause asked for")
    SECRET_SET = "secret.set", _("Secret set")
    SECRET_FORGOTTEN = "secret.forgotten", _("Previous secret forgotten")
    KEYS_ROTATED = "encryption_key.rotated", _("Encryption key rotated")
    KEY_GIVEN_UP = "encryption_key.given_up", _("Begun anew without the lost encryption key")
    LINK_TESTED = "link.tested", _("Link tested")

    HOSTNAME_ADDED = "hostname.added", _("Hostname added")
    HOSTNAME_CHANGED = "hostname.changed", _("Hostname changed")
    HOSTNAME_MOVED = "hostname.moved", _("Hostname moved")
    HOSTNAME_DELETED = "hostname.deleted", _("Hostname deleted")

    USER_ADDED = "user.added", _("User added")
    USER_CHANGED = "user.changed", _("User changed")
    USER_DELETED = "user.deleted", _("User deleted")
    USER_LIMITED = "user.limited", _("Limited to some hostnames")
    USER_UNLIMITED = "user.unlimited", _("Limit to some hostnames removed")
    PASSWORD_SET = "password.set", _("Password set")
    SECOND_FACTOR_SET = "second_factor.set", _("Second factor set up")
    SECOND_FACTOR_ASKED = "second_factor.asked", _("Second factor asked for")
    SECOND_FACTOR_REMOVED = "second_factor.removed", _("Second factor removed")
    RECOVERY_CODE_USED = "second_factor.recovery_code_used", _("Recovery code used")
    GROUP_ADDED = "group.added", _("Group added")
    GROUP_CHANGED = "group.changed", _("Group changed")
    GROUP_DELETED = "group.deleted", _("Group deleted")

    GRANT_LINKED = "grant.linked", _("Linked")
    GRANT_RELINKED = "grant.relinked", _("Linked again")
    GRANT_REPLACED = "grant.replaced", _("Replaced by another Webex account")
    GRANT_DECLINED = "grant.declined", _("Linking again was declined at Webex")
    GRANT_KEPT = "grant.kept", _("Kept; another Webex account was turned down")
    GRANT_RENEWAL_ASKED = "grant.renewal_asked", _("Renewal asked for")
    GRANT_CONSENT_LOST = "grant.consent_lost", _("Webex ended the connection")
    GRANT_RECOVERED = "grant.recovered", _("Linked again after Webex had ended the connection")
    GRANT_TRIED_AGAIN = "grant.tried_again", _("Tried again with a new client secret")
    GRANT_EXPIRING = "grant.expiring", _("The connection ends soon")
    GRANT_RIGHT_LOST = "grant.right_lost", _("The right to use Webex was withdrawn")
    GRANT_RIGHT_RETURNED = "grant.right_returned", _("The right to use Webex was given back")
    GRANT_DISCONNECTED = "grant.disconnected", _("Disconnected")

    SUBSCRIBER_PROVISIONED = "subscriber.provisioned", _("Subscriber provisioned")
    SUBSCRIBER_CHANGED = "subscriber.changed", _("Subscriber changed")
    SUBSCRIBER_REMOVED = "subscriber.removed", _("Subscriber removed")
    CONSENT_MAIL_SENT = "subscriber.consent_mail_sent", _("Asked again to move a free account")
    PERSON_REMOVED = "person.removed", _("Webex person removed")
    DIRECTORY_SYNC_CHANGED = "directory_sync.changed", _("Directory synchronisation switched")
    DIRECTORY_SYNC_STARTED = "directory_sync.started", _("Directory synchronisation started")
    DIRECTORY_USER_SYNCED = "directory_sync.user_synced", _("One directory user synchronised")
    ACTIVATION_MAILS_SENT = "activation_mails.sent", _("Activation mails sent")
    BILLING_REPORT_ASKED = "billing_report.asked", _("Billing report asked for")
    BILLING_REPORT_FETCHED = "billing_report.fetched", _("Billing report downloaded")
    BILLING_REPORT_REMOVED = "billing_report.removed", _("Billing report deleted")
    BULK_JOB_STARTED = "bulk_job.started", _("Bulk job started")
    BULK_JOB_STOPPED = "bulk_job.stopped", _("Bulk job stopped")
    BULK_JOB_RESUMED = "bulk_job.resumed", _("Bulk job resumed")
    BULK_JOB_FINISHED = "bulk_job.finished", _("Bulk job finished")
    API_KEY_MADE = "api_key.made", _("API key made")
    API_KEY_ROTATED = "api_key.rotated", _("API key rotated")
    API_KEY_TAKEN_OVER = "api_key.taken_over", _("API key taken over")
    API_KEY_REVOKED = "api_key.revoked", _("API key revoked")
    ACCESS_TOKEN_HANDED_OUT = "access_token.handed_out", _("Access token handed out")
    CONNECT_LINK_MADE = "connect_link.made", _("Link to connect made")
    CONNECT_LINK_USED = "connect_link.used", _("Link to connect used")
    EXPORT_MADE = "export.made", _("Export made")

    WEBHOOK_ADDED = "webhook.added", _("Webhook added")
    WEBHOOK_CHANGED = "webhook.changed", _("Webhook changed")
    WEBHOOK_DELETED = "webhook.deleted", _("Webhook deleted")
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated", _("Secret of a webhook replaced")
    WEBHOOK_SWITCHED_OFF = "webhook.switched_off", _("Webhook switched off by itself")
    WEBHOOK_SWITCHED_ON = "webhook.switched_on", _("Webhook switched on again")
    WEBHOOK_TESTED = "webhook.tested", _("Test event sent to a webhook")
    WEBHOOK_SENT_AGAIN = "webhook.sent_again", _("Event sent to a webhook again")


def in_words(action: str) -> str:
    """A newer version may have left an action here that this one does not know."""
    return str(Action(action).label) if action in Action else action
