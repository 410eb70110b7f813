"""Groups that a new installation starts with. Their permissions are then the customer's to edit."""

from django.contrib.auth.models import Group, Permission

ROLES = {
    "Webex users": ["integrations.use_webex"],
}


def create_missing() -> None:
    for name, permissions in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(_find(label) for label in permissions)


def _find(label: str) -> Permission:
    app_label, codename = label.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)
