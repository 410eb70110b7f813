"""The fields of a subscriber on the wire, what is wrong with them (contract 16.1,
20)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.sandbox.core.broadworks import PACKAGES
from integrations.sandbox.core.http import ApiError
from integrations.sandbox.webex.answers import MALFORMED, malformed

LONGEST = 255
FIELDS = {
    "userId": "user_id",
    "spEnterpriseId": "sp_enterprise_id",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "primaryPhoneNumber": "primary_phone_number",
    "mobilePhoneNumber": "mobile_phone_number",
    "extension": "extension",
    "package": "package",
    "provisioningId": "provisioning_id",
}
MAY_BE_EMPTY = ("primaryPhoneNumber", "mobilePhoneNumber", "extension")
NOT_KEPT = ("language", "timezone")


def checked(
    values: dict[str, Any], *, required: Iterable[str] = (), allowed: Iterable[str] = FIELDS
) -> dict[str, str]:
    """The known fields by the names they have here. Raises ApiError 400 naming the bad one."""
    missing = [name for name in required if not values.get(name)]
    if missing:
        raise invalid(1001, *missing)
    fields: dict[str, str] = {}
    for name, value in values.items():
        if name not in (*allowed, *NOT_KEPT):
            continue
        if not isinstance(value, str):
            raise malformed(f"{name} is a text.", name)
        if len(value) > LONGEST or (not value and name not in MAY_BE_EMPTY):
            raise invalid(1002, name)
        if name in FIELDS:
            fields[FIELDS[name]] = value
    if fields.get("package", PACKAGES[0]) not in PACKAGES:
        raise malformed("The package is unknown.", "package")
    return fields


def check_reachable(fields: dict[str, str]) -> None:
    """A subscriber keeps a number or an extension. Raises ApiError 400."""
    if not fields.get("primary_phone_number") and not fields.get("extension"):
        raise invalid(1001, "primaryPhoneNumber")


def invalid(code: int, *names: str) -> ApiError:
    words = {1001: "is missing", 1002: "is too long or too short"}[code]
    errors = [
        {"errorCode": code, "description": f"{name} {words}.", "fieldName": name} for name in names
    ]
    return ApiError(400, MALFORMED, *errors)
