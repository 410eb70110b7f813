"""What the sandbox knows of BroadWorks: partners, enterprises, subscribers and billing reports.

Plain data; the generated rows are in population.py, what happens to them in provisioning.py.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from integrations.sandbox.core.entities import new_uuid

PACKAGES = ("softphone", "basic", "standard", "premium")
STATUSES = (
    "pending_email_input",
    "pending_email_validation",
    "pending_user_migration",
    "provisioning",
    "provisioned",
    "updating",
    "error",
)
USER_TAKEN = (10022, "The BroadWorks UserID is already associated with an existing user.")


@dataclass(frozen=True)
class Partner:
    """A service provider; its templates trust the e-mail addresses it sends, or ask the person."""

    name: str
    prefix: str
    domain: str

    @property
    def trusted_provisioning_id(self) -> str:
        return provisioning_id(self, "trusted")

    @property
    def untrusted_provisioning_id(self) -> str:
        return provisioning_id(self, "untrusted")

    @property
    def provisioning_ids(self) -> tuple[str, str]:
        return self.trusted_provisioning_id, self.untrusted_provisioning_id


def provisioning_id(partner: Partner, template: str) -> str:
    return base64.b64encode(f"{partner.prefix}:{template}".encode()).decode().rstrip("=")


PARTNERS = (
    Partner("Park Bench", "ParkBench", "parkbench.example"),
    Partner("Northern Voice", "NorthernVoice", "northernvoice.example"),
    Partner("Lakeside Telecom", "LakesideTelecom", "lakeside.example"),
)


@dataclass
class Enterprise:
    """A customer, at its partner; it is listed once its organization is `ready_at`."""

    sp_enterprise_id: str
    partner: str
    org_id: str
    provisioning_id: str
    id: str = field(default_factory=new_uuid)
    ready_at: float = 0.0
    is_synced: bool = False
    sync_started_at: float | None = None
    sync_ends_at: float | None = None
    sync_tracking_id: str = ""
    sync_fails: bool = False


@dataclass(slots=True)
class Subscriber:
    """`due_at` is when `status` becomes `then`, with `changes` applied; None: it stays."""

    user_id: str
    sp_enterprise_id: str
    partner: str
    provisioning_id: str
    first_name: str
    last_name: str
    package: str
    email: str = ""
    primary_phone_number: str = ""
    mobile_phone_number: str = ""
    extension: str = ""
    status: str = "provisioning"
    person_id: str = ""
    self_activated: bool = False
    errors: tuple[tuple[int, str], ...] = ()
    created_at: float = 0.0
    changed_at: float = 0.0
    status_before: str = ""
    due_at: float | None = None
    then: str = ""
    changes: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_uuid)

    def __post_init__(self) -> None:
        self.errors = tuple((int(code), str(text)) for code, text in self.errors)


@dataclass
class Workspace:
    """A room with a telephone. No call lists them and none has a status: never persisted."""

    user_id: str
    sp_enterprise_id: str
    partner: str
    provisioning_id: str
    display_name: str
    created_at: float
    primary_phone_number: str = ""
    extension: str = ""
    id: str = field(default_factory=new_uuid)


@dataclass
class ActivationJob:
    """Mails to those of an organization who never signed in; over at `ends_at`. Not persisted."""

    org_id: str
    created_by: str
    org_id_of_caller: str
    ends_at: float
    sent: int
    skipped: tuple[str, ...]  # ids of people who had one within a day
    id: str = field(default_factory=new_uuid)


@dataclass
class Report:
    """A monthly reconciliation; ready at `ready_at`."""

    partner: str
    billing_period: str
    created_by: str
    created_at: float
    ready_at: float
    id: str = field(default_factory=new_uuid)
