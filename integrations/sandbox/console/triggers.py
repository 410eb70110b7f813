"""What makes BroadWorks do something else than succeed, for the control page: data, no switch."""

from __future__ import annotations

from typing import NamedTuple


class Trigger(NamedTuple):
    when: str
    then: str
    is_assumed: bool = True  # no document of Webex says so


TRIGGERS = (
    Trigger("userId dup-…", "check: 409 with 10022; provision: error 10022 after a while"),
    Trigger("a userId that is there already", "409 with 10022 at once"),
    Trigger("userId fail-…", "error 10999, which no document knows"),
    Trigger("userId migrate-…", "pending_user_migration", is_assumed=False),
    Trigger("no email, trusted provisioningId", "400 with 1001 for email", is_assumed=False),
    Trigger("no email, untrusted provisioningId", "pending_email_input", is_assumed=False),
    Trigger("neither number nor extension", "400 with 1001 for primaryPhoneNumber"),
    Trigger("another provisioningId", "400, without a code"),
    Trigger("spEnterpriseId wholesale+…", "400, without a code"),
    Trigger("the first user of an enterprise", "as long as the switch says", is_assumed=False),
    Trigger("sync or one user while sync is off", "409"),
    Trigger("external user new-… or gone-…", "ADD or DELETE"),
    Trigger("consentMove in another state", "409"),
    Trigger("an administrator, but of no partner", "403"),
    Trigger("a report of a month that is not over", "FAILED with 2024"),
)
