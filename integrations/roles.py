"""Groups that a new installation starts with. Their permissions are then the customer's to edit."""

from django.contrib.auth.models import Group, Permission

SEES_GRANTS = [f"integrations.view_{each}" for each in ("webexapp", "grant", "grantevent")]
ACTS_ON_GRANTS = ["integrations.refresh_grant", "integrations.disconnect_grant"]
WORKS_WITH_WEBEX = ["view_subscribers", "change_subscribers", "run_bulk", "see_reports"]
ROLES = {
    "Webex users": ["integrations.use_webex"],
    "Webex support": [*SEES_GRANTS, "integrations.view_brandedurl", *ACTS_ON_GRANTS],
    "Provisioning administrators": [
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
    "Webhook administrators": [
        *(f"integrations.{verb}_webhookendpoint" for verb in ("add", "change", "delete", "view")),
        "integrations.view_webhookdelivery",
        "integrations.resend_webhookdelivery",
    ],
    "Auditors": ["integrations.view_auditevent"],
    # In Webex itself they are partner administrators, or can do nothing.
    "Webex provisioning": [
        "integrations.use_webex",
        *(f"integrations.{right}" for right in WORKS_WITH_WEBEX),
    ],
    # They put people into "Webex users"; that takes having the right themselves.
    "User administrators": [
        *(f"accounts.{verb}_user" for verb in ("add", "change", "view")),
        "integrations.use_webex",
    ],
}


def create_missing() -> None:
    for name, permissions in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(_find(label) for label in permissions)


def _find(label: str) -> Permission:
    app_label, codename = label.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
