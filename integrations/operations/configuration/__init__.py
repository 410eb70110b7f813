"""The whole configuration as one document, for files under version control and other systems.

document     its form, and what is wrong with one
stored       what is stored, as a document
comparison   what a document would change, what is wrong with that, what is asked before
words        differences in sentences

Secrets are in no document. An entry that is left out is removed; a field that is left out stays as
it is, or at its default in a new entry.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from integrations.errors import ConfigurationMoved, InvalidConfiguration, Remark, Unconfirmed
from integrations.models import Lease
from integrations.operations import branded_urls, integrations
from integrations.operations.configuration import document, stored
from integrations.operations.configuration.comparison import BRAND_COLUMNS, Comparison
from integrations.operations.configuration.document import Document
from integrations.operations.configuration.stored import Stored
from integrations.operations.configuration.words import Change
from integrations.operations.integrations import Hostnames


@dataclass(frozen=True)
class Plan:
    fingerprint: str  # of the configuration as it is now
    changes: list[Change]
    questions: list[Remark]

    @property
    def confirmation(self) -> str:
        """A yes to these questions, and to no others; empty where nothing is asked."""
        asked = "\n".join(question.path for question in self.questions)
        return sha256(asked.encode()).hexdigest()[:16] if asked else ""


def export() -> Document:
    return stored.load().document


def plan(text: str | bytes, *, now: datetime) -> Plan:
    """What `apply` would do, and would ask before. Raises InvalidConfiguration."""
    before = stored.load()
    found = _compare(before, document.read(text), now)
    return Plan(before.document.fingerprint, found.changes, found.questions)


def apply(
    text: str | bytes,
    *,
    now: datetime,
    expected: Collection[str] | None = None,
    confirmed: str | None = "",
) -> Plan:
    """All of it or nothing; returns what was done.

    `expected`: fingerprints of what was looked at; None: anything. `confirmed`: the confirmation
    that a plan asks for; None: a yes to every question. Raises InvalidConfiguration, Unconfirmed,
    and ConfigurationMoved where somebody was faster.
    """
    wanted = document.read(text)
    try:
        with transaction.atomic():
            # Locked, so that whoever applies another waits: what both saw is so for one of them.
            Lease.objects.update_or_create(name="configuration", defaults={"expires_at": now})
            touched = _compare(stored.load(), wanted, now).touched
            stored.lock(touched)
            before = stored.load()
            if expected is not None and before.document.fingerprint not in expected:
                raise ConfigurationMoved
            found = _compare(before, wanted, now)
            if not found.touched <= touched:
                raise ConfigurationMoved
            asked = Plan("", found.changes, found.questions)
            if asked.questions and confirmed not in (None, asked.confirmation):
                raise Unconfirmed(asked.questions, asked.confirmation)
            _carry_out(found, now)
            return replace(asked, fingerprint=export().fingerprint)
    except IntegrityError:  # over a row that was not there yet, and could not be locked
        raise ConfigurationMoved from None


def _compare(before: Stored, wanted: Document, now: datetime) -> Comparison:
    found = Comparison(before, wanted, now=now)
    if found.faults:
        raise InvalidConfiguration(found.faults)
    return found


def _carry_out(found: Comparison, now: datetime) -> None:
    """Released before they are taken: two integrations may swap hostnames."""
    for name, hostnames in found.leaving.items():
        app, removed = found.stored.apps[name], Hostnames(removed=frozenset(hostnames))
        integrations.save(app, secret="", changed=set(), hostnames=removed, now=now)
    for brand in found.removed_brands.values():
        branded_urls.delete(brand, now=now)
    for app in found.removed_apps.values():
        integrations.delete(app, now=now)
    _save_brands(found, now)
    for name, app in found.apps.items():
        changed, coming = found.changed.get(("integrations", name)), found.coming.get(name)
        if not changed and not coming:
            continue
        added = Hostnames(added=frozenset(coming or ()))
        if integrations.save(app, secret="", changed=changed or set(), hostnames=added, now=now):
            raise ConfigurationMoved


def _save_brands(found: Comparison, now: datetime) -> None:
    new = [brand for brand in found.brands.values() if brand.pk is None]
    branded_urls.add(new, changed={"hostname", *BRAND_COLUMNS}, now=now)
    for hostname in found.stored.brands:
        if changed := found.changed.get(("hostnames", hostname)):
            branded_urls.save(found.brands[hostname], changed=changed, now=now)
