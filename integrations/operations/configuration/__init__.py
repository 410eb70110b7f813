"""The whole configuration as one document, for files under version control and other systems.

document     its form, and what is wrong with one
stored       what is stored, as a document
comparison   what a document would change, what is wrong with that, what is asked before
words        differences in sentences

Secrets are in no document. An entry that is left out is removed; a field that is left out stays as
it is, or at its default in a new entry.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from integrations.errors import ConfigurationMoved, InvalidConfiguration, Remark, Unconfirmed
from integrations.operations import branded_urls, integrations
from integrations.operations.configuration import document, stored
from integrations.operations.configuration.comparison import Comparison
from integrations.operations.configuration.document import Document
from integrations.operations.configuration.stored import Stored
from integrations.operations.configuration.words import Change
from integrations.operations.integrations import Hostnames


@dataclass(frozen=True)
class Plan:
    fingerprint: str  # of the configuration as it is now
    changes: list[Change]
    questions: list[Remark]


def export() -> Document:
    return stored.load().document


def plan(text: str | bytes, *, now: datetime) -> Plan:
    """What `apply` would do, and would ask before. Raises InvalidConfiguration."""
    before = stored.load()
    found = _compare(before, document.read(text), now)
    return Plan(before.document.fingerprint, found.changes, found.questions)


def apply(
    text: str | bytes, *, now: datetime, expected: str = "", confirmed: Collection[str] | None = ()
) -> Plan:
    """All of it or nothing; returns what was done.

    `expected`: the fingerprint of what was looked at. `confirmed`: paths of questions; None: all.
    Raises InvalidConfiguration, Unconfirmed, and ConfigurationMoved where somebody was faster.
    """
    wanted = document.read(text)
    try:
        with transaction.atomic():
            stored.lock()
            before = stored.load()
            if expected and expected != before.document.fingerprint:
                raise ConfigurationMoved
            found = _compare(before, wanted, now)
            _check_confirmed(found, confirmed)
            _carry_out(found, now)
            return Plan(export().fingerprint, found.changes, found.questions)
    except IntegrityError:  # over a row that was not there yet, and could not be locked
        raise ConfigurationMoved from None


def _compare(before: Stored, wanted: Document, now: datetime) -> Comparison:
    found = Comparison(before, wanted, now=now)
    if found.faults:
        raise InvalidConfiguration(found.faults)
    return found


def _check_confirmed(found: Comparison, confirmed: Collection[str] | None) -> None:
    if confirmed is None:
        return
    if unconfirmed := [each for each in found.questions if each.path not in confirmed]:
        raise Unconfirmed(unconfirmed)


def _carry_out(found: Comparison, now: datetime) -> None:
    """Released before they are taken: two integrations may swap hostnames."""
    for name, hostnames in found.leaving.items():
        app, removed = found.stored.apps[name], Hostnames(removed=frozenset(hostnames))
        integrations.save(app, secret="", changed=set(), hostnames=removed, now=now)
    for brand in found.removed_brands.values():
        branded_urls.delete(brand, now=now)
    for app in found.removed_apps.values():
        integrations.delete(app, now=now)
    for hostname, brand in found.brands.items():
        if changed := found.changed.get(("hostnames", hostname)):
            branded_urls.save(brand, changed=changed, now=now)
    for name, app in found.apps.items():
        changed, coming = found.changed.get(("integrations", name)), found.coming.get(name)
        if changed or coming:
            added = Hostnames(added=frozenset(coming or ()))
            if integrations.save(
                app, secret="", changed=changed or set(), hostnames=added, now=now
            ):
                raise ConfigurationMoved
