"""Groups that a new installation starts with. Their permissions are then the customer's to edit."""

from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext, gettext_noop

SEES_GRANTS = [f"integrations.view_{each}" for each in ("webexapp", "grant", "grantevent")]
ACTS_ON_GRANTS = ["integrations.refresh_grant", "integrations.disconnect_grant"]
WORKS_WITH_WEBEX = ["view_subscribers", "change_subscribers", "run_bulk", "see_reports"]
ROLES = {
    gettext_noop("Webex users"): ["integrations.use_webex"],
    gettext_noop("Webex support"): [*SEES_GRANTS, "integrations.view_brandedurl", *ACTS_ON_GRANTS],
    gettext_noop("Provisioning administrators"): [
        *SEES_GRANTS,
        *ACTS_ON_GRANTS,
        *(
            f"integrations.{verb}_{model}"
            for model in ("webexapp", "brandedurl")
            for verb in ("add", "change", "delete")
        ),
        "integrations.view_brandedurl",
        "accounts.view_user",
    ],
    gettext_noop("Webhook administrators"): [
        *(f"integrations.{verb}_webhookendpoint" for verb in ("add", "change", "delete", "view")),
        "integrations.view_webhookdelivery",
        "integrations.resend_webhookdelivery",
    ],
    gettext_noop("Auditors"): ["integrations.view_auditevent"],
    # In Webex itself they are partner administrators, or can do nothing.
    gettext_noop("Webex provisioning"): [
        "integrations.use_webex",
        *(f"integrations.{right}" for right in WORKS_WITH_WEBEX),
    ],
    # They put people into "Webex users"; that takes having the right themselves.
    gettext_noop("User administrators"): [
        *(f"accounts.{verb}_user" for verb in ("add", "change", "view")),
        "integrations.use_webex",
    ],
}


def create_missing() -> None:
    for name, permissions in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(_find(label) for label in permissions)


def in_words(name: str) -> str:
    """The name of a group in the reader's language, if it is one of ours."""
    return gettext(name) if name in ROLES else name


def _find(label: str) -> Permission:
    app_label, codename = label.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
