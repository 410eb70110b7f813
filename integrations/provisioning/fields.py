"""What a subscriber consists of when it is provisioned or changed, and what is wrong with it before
Webex is asked (contract 16.4, 16.5). Keys are the API's own names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PACKAGES = ("softphone", "basic", "standard", "premium")
NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")
EXTENSION = re.compile(r"[0-9*#]{1,20}")
LONGEST = 256  # characters


class Fault(models.TextChoices):
    MISSING = "missing", gettext_lazy("This is required.")
    TOO_LONG = "too_long", gettext_lazy("This is too long.")
    NO_EMAIL = "no_email", gettext_lazy("This is not an e-mail address.")
    NO_NUMBER = "no_number", gettext_lazy("Write a number such as +12405551212.")
    NO_EXTENSION = "no_extension", gettext_lazy("An extension consists of digits.")


@dataclass(frozen=True)
class Field:
    name: str
    label: str | Promise
    hint: str | Promise = ""
    is_required: bool = False
    can_change: bool = True


FIELDS = (
    Field("userId", gettext_lazy("BroadWorks user ID"), is_required=True),
    Field(
        "spEnterpriseId",
        gettext_lazy("Enterprise"),
        gettext_lazy("Service provider and group, or the enterprise, as in BroadWorks."),
        is_required=True,
        can_change=False,
    ),
    Field("firstName", gettext_lazy("First name"), is_required=True),
    Field("lastName", gettext_lazy("Last name"), is_required=True),
    Field(
        "email",
        gettext_lazy("E-mail"),
        gettext_lazy("Required where your customer template trusts addresses."),
        can_change=False,
    ),
    Field("package", gettext_lazy("Package"), is_required=True),
    Field(
        "primaryPhoneNumber",
        gettext_lazy("Primary phone number"),
        gettext_lazy("With country code. A primary number or an extension is needed."),
    ),
    Field("extension", gettext_lazy("Extension")),
    Field("mobilePhoneNumber", gettext_lazy("Mobile phone number")),
    Field(
        "provisioningId",
        gettext_lazy("Provisioning ID"),
        gettext_lazy("From Partner Hub, of the customer template to use."),
        is_required=True,
        can_change=False,
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
CHANGEABLE = tuple(field for field in FIELDS if field.can_change)


def faults(values: Mapping[str, str], *, only: tuple[Field, ...] = FIELDS) -> dict[str, str]:
    """A sentence for each field that cannot be right; empty where Webex may be asked."""
    found = {}
    for field in only:
        if wrong := fault(field, values.get(field.name, "")):
            found[field.name] = str(wrong.label)
    if not values.get("primaryPhoneNumber") and not values.get("extension"):
        found.setdefault("primaryPhoneNumber", _("Give a primary phone number or an extension."))
    return found


def fault(field: Field, value: str) -> Fault | None:
    if not value:
        return Fault.MISSING if field.is_required else None
    if len(value) > LONGEST:
        return Fault.TOO_LONG
    if field.name == "email" and not _is_email(value):
        return Fault.NO_EMAIL
    if field.name.endswith("PhoneNumber") and not NUMBER.fullmatch(value):
        return Fault.NO_NUMBER
    if field.name == "extension" and not EXTENSION.fullmatch(value):
        return Fault.NO_EXTENSION
    return None


def _is_email(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True
