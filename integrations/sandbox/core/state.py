"""The sandbox's state: who is registered, who consented, which tokens live, and what time it is.

One lock guards all of it. Rules about tokens are in grants.py, the file is in storage.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from integrations.sandbox.core.directory import SIZE, Directory
from integrations.sandbox.core.entities import (
    Code,
    DeviceCode,
    Grant,
    Integration,
    Organization,
    Person,
    Token,
    Transaction,
)
from integrations.sandbox.core.faults import Faults
from integrations.sandbox.core.ledger import Ledger
from integrations.sandbox.core.scenario import Scenario

DEFAULT_PEOPLE = (
    ("alice@acme.example", "Alice Adams", "Acme Corporation", ("Full Administrator",)),
    ("bob@globex.example", "Bob Brown", "Globex GmbH", ()),
    ("carol@acme.example", "Carol Clark", "Acme Corporation", ("Full Administrator",)),
    ("pat@parkbench.example", "Pat Partner", "Park Bench", ("Partner Full Administrator",)),
)
MAX_CLOCK_OFFSET = 3650 * 86400


class Expiring(Protocol):
    expires_at: float


E = TypeVar("E", bound=Expiring)


class State:
    """`changed` is called, under the lock, after every change that has to survive a restart."""

    def __init__(
        self,
        *,
        sign_in_host: str | None = None,
        ledger_size: int | None = None,
        subscribers: int = SIZE,
    ) -> None:
        self.lock = threading.RLock()
        self.scenario = Scenario()
        self.faults = Faults(self.lock, self.scenario)
        self.ledger = Ledger(self.lock, ledger_size)
        self.sign_in_host = sign_in_host
        self.changed: Callable[[], None] = lambda: None
        self.clock_offset = 0.0
        self.api_url = ""
        self.mail_folder: Path | None = None  # the portal's, not Webex's
        self.integrations: dict[str, Integration] = {}
        self.organizations: dict[str, Organization] = {}
        self.people: dict[str, Person] = {}
        self._by_email: dict[str, Person] = {}
        self.transactions: dict[str, Transaction] = {}
        self.codes: dict[str, Code] = {}
        self.device_codes: dict[str, DeviceCode] = {}
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, Token] = {}
        self.recent_calls: dict[str, list[float]] = {}
        self.subscribers = subscribers
        self.directory_changes: dict[str, Any] = {}
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """Generated when somebody first looks, with what was changed before the last stop."""
        if self._directory is None:
            known = list(self.organizations.values())
            self._directory = Directory(known, size=self.subscribers, now=self.now())
            if self.directory_changes:
                self._directory.apply(self.directory_changes)
        return self._directory

    def kept_directory(self) -> dict[str, Any]:
        """What of the directory has to survive a restart."""
        return self._directory.changes() if self._directory else self.directory_changes

    def now(self) -> float:
        return time.time() + self.clock_offset

    def set_clock(self, offset: float) -> None:
        """Seconds ahead of the real time, or behind. Raises ValueError beyond ten years."""
        if not abs(offset) <= MAX_CLOCK_OFFSET:  # also true of NaN
            raise ValueError("The clock moves by ten years at most.")
        with self.lock:
            self.clock_offset = offset

    def reset(self) -> None:
        """Back to the start; integrations, sign-in people and their organizations stay."""
        with self.lock:
            self.scenario.reset()
            self.faults.clear()
            self.ledger.clear()
            self.clock_offset = 0.0
            for temporary in (self.transactions, self.codes, self.grants, self.tokens):
                temporary.clear()
            self.device_codes.clear()
            self.recent_calls.clear()
            self._directory, self.directory_changes = None, {}
            self.changed()

    def serve_at(self, api_url: str) -> None:
        with self.lock:
            self.api_url = api_url
            for integration in self.integrations.values():
                integration.api_url = api_url

    def register(
        self, *, name: str, redirect_uris: Iterable[str], scopes: Iterable[str]
    ) -> Integration:
        with self.lock:
            integration = Integration(
                name=name,
                redirect_uris=tuple(redirect_uris),
                scopes=tuple(scopes),
                created_at=self.now(),
                api_url=self.api_url,
            )
            self.integrations[integration.client_id] = integration
            self.changed()
            return integration

    def add_default_people(self) -> None:
        for email, display_name, org_name, roles in DEFAULT_PEOPLE:
            self.add_person(email=email, display_name=display_name, org_name=org_name, roles=roles)

    def add_person(
        self, *, email: str, display_name: str, org_name: str, roles: Iterable[str]
    ) -> Person:
        """Raises ValueError where the email is taken."""
        with self.lock:
            if self.person_by_email(email):
                raise ValueError(f"{email} exists already.")
            organization = self._organization(org_name)
            person = Person(email.strip(), display_name, organization.id, tuple(roles))
            person.created_at = self.now()
            self.keep(person)
            self.changed()
            return person

    def keep(self, person: Person) -> None:
        self.people[person.id] = person
        self._by_email[person.email.lower()] = person

    def rename(self, person: Person, *, email: str, display_name: str) -> None:
        del self._by_email[person.email.lower()]
        person.email, person.display_name = email, display_name
        self.keep(person)

    def forget(self, person: Person) -> None:
        del self.people[person.id], self._by_email[person.email.lower()]

    def person_by_email(self, email: str) -> Person | None:
        return self._by_email.get(email.strip().lower())

    def open(self, transaction: Transaction) -> Transaction:
        drop_expired(self.transactions, self.now())
        self.transactions[transaction.id] = transaction
        return transaction

    def add_code(self, code: Code) -> Code:
        drop_expired(self.codes, self.now())
        self.codes[code.value] = code
        return code

    def _organization(self, name: str) -> Organization:
        for organization in self.organizations.values():
            if organization.name == name:
                return organization
        organization = Organization(name, created_at=self.now())
        self.organizations[organization.id] = organization
        return organization


def drop_expired(entries: dict[str, E], now: float) -> None:
    """Drop the oldest entries that have expired; a dict keeps the order of arrival."""
    for key, entry in list(entries.items())[:20]:
        if entry.expires_at > now:
            return
        del entries[key]
