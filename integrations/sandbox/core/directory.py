"""The directory: who is at which partner and enterprise, generated at its first use.

What people change lies over the generated rows, and only that goes to the state file.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from integrations.sandbox.core import population
from integrations.sandbox.core.broadworks import (
    ActivationJob,
    Enterprise,
    Report,
    Subscriber,
    Workspace,
)
from integrations.sandbox.core.entities import Organization, Person
from integrations.sandbox.core.register import Register

SIZE = 5000


class Directory:
    def __init__(self, known: Iterable[Organization], *, size: int, now: float) -> None:
        self.organizations: dict[str, Organization] = {}
        self.enterprises: Register[Enterprise] = Register("sp_enterprise_id")
        self.subscribers: Register[Subscriber] = Register(
            "partner", "user_id", "email", "sp_enterprise_id", "person_id"
        )
        self.people: Register[Person] = Register("email", "org_id")
        self.reports: Register[Report] = Register()
        self.workspaces: Register[Workspace] = Register("user_id")
        self.activation_jobs: dict[str, ActivationJob] = {}
        self.mailed_at: dict[str, float] = {}  # activation mails, by the person's id
        self._moving: list[tuple[float, str]] = []
        self._generate({organization.name: organization for organization in known}, size, now)

    def _generate(self, known: dict[str, Organization], size: int, now: float) -> None:
        for organization, enterprise in population.organizations_and_enterprises(known):
            self.organizations[organization.id] = organization
            self.enterprises.add(enterprise, is_generated=True)
        everybody = population.subscribers_and_people(list(self.enterprises), size, now)
        for subscriber, person in everybody:
            self.subscribers.add(subscriber, is_generated=True)
            self.people.add(person, is_generated=True)
            self.follow(subscriber)

    def follow(self, subscriber: Subscriber) -> None:
        """Let `due` give this subscriber back once its time has come."""
        if subscriber.due_at is not None:
            heapq.heappush(self._moving, (subscriber.due_at, subscriber.id))

    def due(self, now: float) -> list[Subscriber]:
        """Subscribers whose state has to change by now, each once."""
        due = []
        while self._moving and self._moving[0][0] <= now:
            at, subscriber_id = heapq.heappop(self._moving)
            subscriber = self.subscribers.get(subscriber_id)
            if subscriber and subscriber.due_at == at:
                due.append(subscriber)
        return due

    def organizations_of(self, partner: str) -> list[Organization]:
        """The customers of a partner."""
        ids = dict.fromkeys(row.org_id for row in self.enterprises if row.partner == partner)
        return [self.organizations[org_id] for org_id in ids if org_id in self.organizations]

    def changes(self) -> dict[str, Any]:
        """What differs from the generated rows, ready for JSON."""
        kept: dict[str, Any] = {"organizations": {}}
        for name, register in self._registers().items():
            rows = [register.get(row_id) for row_id in sorted(register.touched)]
            kept[name] = [_values(row) for row in rows if row is not None]
            kept[f"removed_{name}"] = sorted(register.removed)
        touched = [self.enterprises.get(row_id) for row_id in self.enterprises.touched]
        for enterprise in filter(None, touched):
            organization = self.organizations.get(enterprise.org_id)
            if organization:
                kept["organizations"][organization.id] = _values(organization)
        return kept

    def apply(self, changes: dict[str, Any]) -> None:
        """Lay stored changes over the generated rows. Raises KeyError or TypeError if unusable."""
        kinds = {"enterprises": Enterprise, "subscribers": Subscriber, "people": Person}
        for row in changes["organizations"].values():
            self.organizations[row["id"]] = Organization(**row)
        for name, register in self._registers().items():
            kind: Any = kinds.get(name, Report)
            for row_id in changes[f"removed_{name}"]:
                present = register.get(row_id)
                if present is not None:
                    register.remove(present)
            for values in changes[name]:
                self._lay(register, kind(**values))

    def _lay(self, register: Register[Any], row: Any) -> None:
        present = register.get(row.id)
        if present is None:
            register.add(row)
        else:
            register.change(present, **_values(row))
        if isinstance(row, Subscriber):
            self.follow(row)

    def _registers(self) -> dict[str, Register[Any]]:
        return {
            "enterprises": self.enterprises,
            "subscribers": self.subscribers,
            "people": self.people,
            "reports": self.reports,
        }


def _values(row: Any) -> dict[str, Any]:
    """What `asdict` gives, without its copies: a thousand rows must not hold up the server."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
