"""The columns a file may have: Webex's own names, what they are for, and where they are required.

https://developer.webex.com/docs/api/v1/broadworks-subscribers
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import BulkRow

PROVISION, UPDATE, REMOVE, VERIFY = BulkRow.Operation
CHANGING = frozenset([PROVISION, UPDATE, VERIFY])


@dataclass(frozen=True)
class Column:
    name: str
    words: str | Promise
    example: str = ""
    required: frozenset[str] = frozenset()  # operations that need it
    allowed: frozenset[str] = CHANGING

    @property
    def required_to(self) -> list[BulkRow.Operation]:
        return [operation for operation in BulkRow.Operation if operation in self.required]


ALL = frozenset(BulkRow.Operation)
NEW, NEW_OR_CHECKED = frozenset([PROVISION]), frozenset([PROVISION, VERIFY])

COLUMNS = {
    column.name: column
    for column in (
        Column("operation", _("provision, update, remove or verify. Empty: as chosen above."),
               "provision", allowed=ALL),
        Column("userId", _("The user's ID in BroadWorks."), "ann@acme.example", ALL, ALL),
        Column("spEnterpriseId", _("Service provider and group, or the enterprise."),
               "Reseller1+acme", NEW, ALL),
        Column("firstName", _("First name."), "Ann", NEW),
        Column("lastName", _("Last name."), "Archer", NEW),
        Column("package", _("softphone, basic, standard or premium."), "standard", NEW),
        Column("email", _("E-mail address. Your template may require it."), "ann@acme.example",
               frozenset([VERIFY]), NEW_OR_CHECKED),
        Column("primaryPhoneNumber", _("With country code. This or an extension is required."),
               "+12405550123"),
        Column("mobilePhoneNumber", _("With country code.")),
        Column("extension", _("Digits. This or a primary number is required."), "5123"),
        Column("language", _("For example en_US."), "en_US", allowed=NEW_OR_CHECKED),
        Column("timezone", _("For example America/Los_Angeles."), "America/Los_Angeles"),
        Column("provisioningId", _("From Partner Hub. Empty: as set in the integration."),
               allowed=NEW_OR_CHECKED),
    )
}  # fmt: skip
CHANGEABLE = {name for name, column in COLUMNS.items() if column.allowed == CHANGING}
RESULTS = ("result", "status", "errorCode", "description", "trackingId", "subscriberId")


def example_file() -> list[str]:
    """One line to look at; the file's own names need no translation."""
    used = [column for column in COLUMNS.values() if column.example]
    lines = [[column.name for column in used], [column.example for column in used]]
    return [",".join(line) + "\r\n" for line in lines]
