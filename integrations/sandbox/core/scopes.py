"""The Webex scopes the developer portal offers, and what the consent page says of each.

Names and words only; who may use which scope is decided elsewhere.
"""

SCOPES: dict[str, str] = {
    "spark-admin:broadworks_subscribers_write": "Create, change and remove BroadWorks subscribers",
    "spark-admin:broadworks_subscribers_read": "See the BroadWorks subscribers of your customers",
    "spark-admin:broadworks_enterprises_write": "Change the settings of BroadWorks enterprises",
    "spark-admin:broadworks_enterprises_read": "See BroadWorks enterprises and their settings",
    "spark-admin:people_write": "Create and change the people of your organization",
    "spark-admin:people_read": "See all people of your organization",
    "spark:organizations_read": "See the organizations you belong to",
    "spark:people_write": "Change your own profile",
    "spark:people_read": "See your profile and look people up",
    "spark-admin:organizations_read": "See organizations as their administrator",
    "spark-admin:organizations_write": "Change organizations as their administrator",
    "spark-admin:licenses_read": "See the licenses of your organization",
    "spark-admin:roles_read": "See the administrator roles of your organization",
    "spark-admin:locations_read": "See the locations of your organization",
    "spark-admin:telephony_config_read": "See the calling settings of your organization",
    "spark-admin:telephony_config_write": "Change the calling settings of your organization",
    "spark:calls_read": "See your calls",
    "spark:calls_write": "Make and control calls for you",
    "spark:messages_read": "Read your messages",
    "spark:messages_write": "Send messages for you",
    "spark:rooms_read": "See the spaces you are in",
    "spark:rooms_write": "Create and change spaces for you",
    "spark:all": "Use Webex as you do",
    "spark-admin:broadworks_billing_reports_read": "See the billing reports of your customers",
    "spark-admin:broadworks_billing_reports_write": "Create and delete billing reports",
    "spark-admin:places_read": "See the workspaces of your organization",
    "spark-admin:places_write": "Create and change the workspaces of your organization",
    "meeting:schedules_read": "See your meetings",
    "meeting:schedules_write": "Schedule meetings for you",
    "meeting:recordings_read": "See the recordings of your meetings",
    "meeting:recordings_write": "Change the recordings of your meetings",
    "meeting:participants_read": "See who takes part in your meetings",
    "meeting:participants_write": "Admit and remove people in your meetings",
    "meeting:preferences_read": "See how your meetings are set up",
    "meeting:preferences_write": "Change how your meetings are set up",
    "meeting:controls_read": "See the state of your meetings under way",
    "meeting:controls_write": "Control your meetings under way",
    "meeting:transcripts_read": "Read the transcripts of your meetings",
    "identity:tokens_read": "See which applications people have authorized",
    "identity:tokens_write": "Revoke what people have authorized",
}
MINIMUM_SCOPES: tuple[str, ...] = tuple(SCOPES)[:9]
KMS = "spark:kms"
OPENID_SCOPES: dict[str, str] = {
    "openid": "Confirm who you are",
    "email": "See your email address",
    "profile": "See your name",
    "phone": "See your phone number",
    "address": "See your postal address",
}


def in_plain_words(scope: str) -> str:
    if scope == KMS:
        return "Read the encrypted content it is given access to"
    return SCOPES.get(scope) or OPENID_SCOPES.get(scope) or scope
