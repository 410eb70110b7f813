"""The generated data set: the same names, numbers and states for the same size, every time.

Of 100 subscribers 90 are provisioned, 4 failed, 4 wait for somebody and 2 are on their way.
Telephone numbers are of the range kept for fiction (555-0100 to 555-0199).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from integrations.sandbox.core.broadworks import (
    PACKAGES,
    PARTNERS,
    USER_TAKEN,
    Enterprise,
    Subscriber,
)
from integrations.sandbox.core.entities import Organization, Person

ENTERPRISES = 60
SEED = 20261126
DAY = 86400.0
BORN = 1735689600.0  # 2025-01-01, UTC
COMPANIES = (
    "Acme Corporation", "Northern Bakery", "Lakeside Clinic", "Globex GmbH", "Harbour Logistics",
    "Cedar Schools", "Amber Insurance", "Birch Legal", "Copper Works", "Delta Freight",
    "Elm Dental", "Falcon Security", "Granite Builders", "Hazel Books", "Iris Flowers",
    "Juniper Farms", "Kestrel Air", "Linden Care", "Maple Bank", "Nova Print",
)  # fmt: skip
PLACES = ("", " North", " South")
FIRST_NAMES = (
    "Ada", "Ben", "Clara", "David", "Elena", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Klara",
    "Leo", "Maya", "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tara", "Uma", "Victor",
    "Wanda", "Xenia", "Yusuf", "Zoe", "Amir", "Bella", "Cem", "Dora", "Emil", "Fatima",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Bergman", "Castillo", "Dietrich", "Eriksen", "Fontaine", "Garcia", "Hoffmann",
    "Ibrahim", "Jansen", "Kowalski", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quist",
    "Rossi", "Schneider", "Tanaka", "Ueda", "Vargas", "Weber", "Xu", "Yilmaz", "Zimmermann",
    "Andersen", "Brandt", "Costa", "Dubois", "Engel", "Fischer", "Gruber", "Hansen", "Ito", "Jung",
    "Keller",
)  # fmt: skip
WAITING = ("pending_email_input", "pending_email_validation", "pending_user_migration")
FAILURES = (
    USER_TAKEN,
    (10999, "The subscriber could not be set up. Try again later."),
)


def organizations_and_enterprises(
    known: dict[str, Organization],
) -> Iterator[tuple[Organization, Enterprise]]:
    """One pair for each enterprise; where a company's organization is `known`, that one."""
    chance = Random(SEED)
    for number in range(ENTERPRISES):
        partner = PARTNERS[number % len(PARTNERS)]
        place = PLACES[number // len(COMPANIES)]
        name = COMPANIES[number % len(COMPANIES)] + place
        org_id, enterprise_id = _uuid(chance), _uuid(chance)
        generated = Organization(name, org_id, BORN + number * DAY)
        organization = known.get(name, generated)
        template = "trusted" if number % 5 else "untrusted"
        enterprise = Enterprise(
            sp_enterprise_id=f"{partner.prefix}+{slug(name)}",
            partner=partner.name,
            org_id=organization.id,
            provisioning_id=getattr(partner, f"{template}_provisioning_id"),
            id=enterprise_id,
            is_synced=number % 4 != 2,  # each of the three partners has both kinds
            sync_fails=number % 20 == 7,
        )
        if enterprise.is_synced:
            enterprise.sync_started_at = BORN + (number + 300) * DAY
            enterprise.sync_ends_at = enterprise.sync_started_at + 72 * 60
            enterprise.sync_tracking_id = f"NA_{_uuid(chance)}"
        yield organization, enterprise


def subscribers_and_people(
    enterprises: list[Enterprise], size: int, now: float
) -> Iterator[tuple[Subscriber, Person]]:
    """As many people as subscribers: their own person, or a colleague where they have none yet."""
    chance = Random(SEED + 1)
    weights = [1 + (number * 7 + 9) % 13 for number in range(len(enterprises))]
    places = [place for place, weight in enumerate(weights) for _ in range(weight)]
    for number in range(size):
        enterprise = enterprises[places[number * len(places) // size]]
        subscriber = _subscriber(number, enterprise, chance, now)
        yield subscriber, _person(number, subscriber, enterprise, chance)


def slug(name: str) -> str:
    return "-".join(name.lower().split())


def _subscriber(number: int, enterprise: Enterprise, chance: Random, now: float) -> Subscriber:
    first, last = _name(number)
    domain = enterprise.sp_enterprise_id.partition("+")[2]
    area, line = divmod(number, 100)
    created_at = BORN + (number * 7919 % 31_000_000)
    row = Subscriber(
        user_id=f"{1_000_000 + number}@{domain}.example",
        sp_enterprise_id=enterprise.sp_enterprise_id,
        partner=enterprise.partner,
        provisioning_id=enterprise.provisioning_id,
        first_name=first,
        last_name=last,
        package=PACKAGES[(number * 11) % 17 % len(PACKAGES)],
        email=f"{first}.{last}{number}@{domain}.example".lower(),
        primary_phone_number=f"+1-{201 + area % 799}-555-01{line:02}",
        extension=str(1000 + number % 9000),
        status="provisioned",
        self_activated=number % 9 == 0,
        created_at=created_at,
        changed_at=created_at + number % 7 * 3600 + 3,
        id=_uuid(chance),
    )
    _set_state(row, number, now)
    return row


def _set_state(row: Subscriber, number: int, now: float) -> None:
    of_fifty = number % 50
    if of_fifty in (11, 36):
        row.status, row.errors = "error", (FAILURES[number // 50 % len(FAILURES)],)
    elif of_fifty in (17, 42):
        row.status = WAITING[number // 50 % len(WAITING)]
        if row.status == "pending_email_input":
            row.email = ""
    elif of_fifty == 23:
        row.status = "updating" if number // 50 % 2 else "provisioning"
        row.changed_at = now
        row.due_at, row.then = now + 600 + number % 50 * 60 + number // 50, "provisioned"


def _person(number: int, row: Subscriber, enterprise: Enterprise, chance: Random) -> Person:
    """A subscriber's own; where that one is not set up yet, of a colleague without BroadWorks."""
    person_id, email = _uuid(chance), row.email
    first, last = row.first_name, row.last_name
    if row.status in ("provisioned", "updating"):
        row.person_id = person_id
    else:
        first, last = _name(number + 611)
        domain = enterprise.sp_enterprise_id.partition("+")[2]
        email = f"{first}.{last}{number}.office@{domain}.example".lower()
    return Person(
        email=email,
        display_name=f"{first} {last}",
        org_id=enterprise.org_id,
        id=person_id,
        created_at=row.created_at,
    )


def _name(number: int) -> tuple[str, str]:
    return FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]


def _uuid(chance: Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
