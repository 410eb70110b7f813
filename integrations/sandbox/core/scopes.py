"""The Webex scopes the developer portal offers, and what the consent page says of each.

Names and words only; who may use which scope is decided elsewhere.
"""

from integrations.sandbox.core.words import gettext_noop

SCOPES: dict[str, str] = {
    "spark-admin:broadworks_subscribers_write": gettext_noop(
        "Create, change and remove BroadWorks subscribers"
    ),
    "spark-admin:broadworks_subscribers_read": gettext_noop(
        "See the BroadWorks subscribers of your customers"
    ),
    "spark-admin:broadworks_enterprises_write": gettext_noop(
        "Change the settings of BroadWorks enterprises"
    ),
    "spark-admin:broadworks_enterprises_read": gettext_noop(
        "See BroadWorks enterprises and their settings"
    ),
    "spark-admin:people_write": gettext_noop("Create and change the people of your organisation"),
    "spark-admin:people_read": gettext_noop("See all people of your organisation"),
    "spark:organizations_read": gettext_noop("See the organisations you belong to"),
    "spark:people_write": gettext_noop("Change your own profile"),
    "spark:people_read": gettext_noop("See your profile and look people up"),
    "spark-admin:organizations_read": gettext_noop("See organisations as their administrator"),
    "spark-admin:organizations_write": gettext_noop("Change organisations as their administrator"),
    "spark-admin:licenses_read": gettext_noop("See the licences of your organisation"),
    "spark-admin:roles_read": gettext_noop("See the administrator roles of your organisation"),
    "spark-admin:locations_read": gettext_noop("See the locations of your organisation"),
    "spark-admin:telephony_config_read": gettext_noop(
        "See the calling settings of your organisation"
    ),
    "spark-admin:telephony_config_write": gettext_noop(
        "Change the calling settings of your organisation"
    ),
    "spark:calls_read": gettext_noop("See your calls"),
    "spark:calls_write": gettext_noop("Make and control calls for you"),
    "spark:messages_read": gettext_noop("Read your messages"),
    "spark:messages_write": gettext_noop("Send messages for you"),
    "spark:rooms_read": gettext_noop("See the spaces you are in"),
    "spark:rooms_write": gettext_noop("Create and change spaces for you"),
    "spark:all": gettext_noop("Use Webex as you do"),
    "spark-admin:broadworks_billing_reports_read": gettext_noop(
        "See the billing reports of your customers"
    ),
    "spark-admin:broadworks_billing_reports_write": gettext_noop(
        "Create and delete billing reports"
    ),
    "spark-admin:places_read": gettext_noop("See the workspaces of your organisation"),
    "spark-admin:places_write": gettext_noop(
        "Create and change the workspaces of your organisation"
    ),
    "meeting:schedules_read": gettext_noop("See your meetings"),
    "meeting:schedules_write": gettext_noop("Schedule meetings for you"),
    "meeting:recordings_read": gettext_noop("See the recordings of your meetings"),
    "meeting:recordings_write": gettext_noop("Change the recordings of your meetings"),
    "meeting:participants_read": gettext_noop("See who takes part in your meetings"),
    "meeting:participants_write": gettext_noop("Admit and remove people in your meetings"),
    "meeting:preferences_read": gettext_noop("See how your meetings are set up"),
    "meeting:preferences_write": gettext_noop("Change how your meetings are set up"),
    "meeting:controls_read": gettext_noop("See the state of your meetings under way"),
    "meeting:controls_write": gettext_noop("Control your meetings under way"),
    "meeting:transcripts_read": gettext_noop("Read the transcripts of your meetings"),
    "identity:tokens_read": gettext_noop("See which applications people have authorized"),
    "identity:tokens_write": gettext_noop("Revoke what people have authorized"),
}
MINIMUM_SCOPES: tuple[str, ...] = tuple(SCOPES)[:9]
KMS = "spark:kms"
OPENID_SCOPES: dict[str, str] = {
    "openid": gettext_noop("Confirm who you are"),
    "email": gettext_noop("See your email address"),
    "profile": gettext_noop("See your name"),
    "phone": gettext_noop("See your phone number"),
    "address": gettext_noop("See your postal address"),
}


def in_plain_words(scope: str) -> str:
    if scope == KMS:
        return gettext_noop("Read the encrypted content it is given access to")
    return SCOPES.get(scope) or OPENID_SCOPES.get(scope) or scope
