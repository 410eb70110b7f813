"""Enterprises of a partner, and the synchronisation of their BroadWorks directories.

Webex tells nobody when one ends, and it may take an hour (contract 17.2). Nobody here waits for it
but who looks at the page, so Webex is asked when somebody looks, and no worker follows: a slow
Webex then holds the threads that `webex_share.py` allows, and open pages keep what they show.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.actions import Action
from integrations.errors import Rejected
from integrations.provisioning.caller import PAGE_SECONDS, Caller
from integrations.provisioning.recording import at_webex, recorded
from integrations.webex import enterprises
from integrations.webex.enterprises import DirectorySync, Enterprise, SyncedUser
from integrations.webex.rest import Page

READ = "spark-admin:broadworks_enterprises_read"
WRITE = "spark-admin:broadworks_enterprises_write"
RUNNING = "IN_PROGRESS"
SHOWN = "50"  # of a page
STATES: dict[str, tuple[str, str | Promise]] = {  # tone and word of a chip
    RUNNING: ("moving", _("Running")),
    "COMPLETE": ("good", _("Complete")),
    "NOT_SYNCED": ("", _("Not run yet")),
}
ENTRIES = {
    "users": _("People"),
    "machines": _("Devices"),
    "userContacts": _("Personal contacts"),
    "orgContacts": _("Contacts of the organisation"),
}
FRESH = timedelta(seconds=8)  # whoever looks with the same Webex account asks once in this time
KEPT = 3600  # seconds


@dataclass(frozen=True)
class Figures:
    label: str | Promise
    added: int
    updated: int
    deleted: int
    total: int | None  # at Webex now


@dataclass(frozen=True)
class Known:
    """What Webex said of an enterprise, and when."""

    enterprise: Enterprise
    asked_at: datetime

    @property
    def is_running(self) -> bool:
        return self.enterprise.directory_sync.status == RUNNING


def state(sync: DirectorySync) -> tuple[str, str | Promise]:
    """Tone and word. A status that nobody has documented is shown as it is."""
    if sync.status == RUNNING or sync.is_enabled:
        if sync.problems and sync.status != RUNNING:
            return "bad", _("With errors")
        return STATES.get(sync.status, ("", sync.status))
    return "", _("Switched off")


def figures(sync: DirectorySync) -> list[Figures]:
    """Empty where Webex gave none."""
    found = [
        Figures(label, *sync.counts[what], sync.totals[what]) for what, label in ENTRIES.items()
    ]
    is_known = any(each.total is not None for each in found) or any(map(any, sync.counts.values()))
    return found if is_known else []


def for_cisco(known: Known) -> str:
    """Ids, codes and moments, for whoever asks Cisco's support; no sentence of Webex's."""
    found, sync = known.enterprise, known.enterprise.directory_sync
    lines = [
        f"organization {found.org_id}",
        f"enterprise {found.id} {found.enterprise_id}",
        f"directory sync {sync.status or '-'} {sync.tracking_id or '-'}",
        *(f"{name} {at.isoformat()}" for name, at in _moments(sync) if at),
        *(f"error {each.code or '-'}" for each in sync.problems),
    ]
    return "\n".join(lines)


def _moments(sync: DirectorySync) -> tuple[tuple[str, datetime | None], ...]:
    return (
        ("started", sync.started_at),
        ("ended", sync.ended_at),
        ("last success", sync.succeeded_at),
    )


def find(caller: Caller, text: str, next_url: str = "") -> Page[Enterprise]:
    """Whose names start with it; it may also be a whole enterprise ID. All, where it is empty."""
    if next_url:
        return caller.ask(enterprises.next_page, next_url)
    found = caller.ask(enterprises.enterprises, {"startsWith": text, "max": SHOWN})
    if text and not found.items:
        return caller.ask(enterprises.enterprises, {"spEnterpriseId": text, "max": SHOWN})
    return found


def look(caller: Caller, name: str) -> Known:
    """Asks Webex. Raises Rejected (404) where it knows none of that name."""
    answer = caller.ask(enterprises.enterprises, {"spEnterpriseId": name})
    found = [each for each in answer.items if each.enterprise_id == name]
    if not found:
        raise Rejected(status=404)
    known = Known(found[0], caller.now)
    cache.set(_key(caller, name), known, KEPT)
    return known


def follow(caller: Caller, name: str) -> Known:
    """As it was known some seconds ago, or as `look`: for pages that ask again and again."""
    key = _key(caller, name)
    known: Known | None = cache.get(key)
    if known and caller.now - known.asked_at < FRESH:
        return known
    if known and not cache.add(f"{key}.asking", True, PAGE_SECONDS):
        return known  # somebody else asks just now
    try:
        return look(caller, name)
    finally:
        cache.delete(f"{key}.asking")


def switch(caller: Caller, name: str, *, on: bool) -> None:
    """Lets BroadWorks' directory flow into this enterprise's at Webex, or ends it."""
    found = look(caller, name).enterprise
    recorded(
        caller, Action.DIRECTORY_SYNC_CHANGED, at_webex(caller, "enterprise", found.id, name),
        lambda: caller.ask(enterprises.set_directory_sync, found.id, on),
        changed=["enableDirSync"], reason="on" if on else "off",
    )  # fmt: skip


def start(caller: Caller, name: str) -> Enterprise | None:
    """Begins a synchronisation; the enterprise as it was before, None where one runs already."""
    known = look(caller, name)
    found = known.enterprise
    if known.is_running:
        return None
    recorded(
        caller, Action.DIRECTORY_SYNC_STARTED, at_webex(caller, "enterprise", found.id, name),
        lambda: caller.ask(enterprises.sync_now, found.id),
    )  # fmt: skip
    return found


def sync_user(caller: Caller, name: str, user_id: str) -> SyncedUser:
    """One user of BroadWorks who has no Webex, at once."""
    found = look(caller, name).enterprise
    about = at_webex(caller, "external user", f"{found.id} {user_id}", f"{user_id} ({name})")
    return recorded(
        caller, Action.DIRECTORY_USER_SYNCED, about,
        lambda: caller.ask(enterprises.sync_user, found.id, user_id),
    )  # fmt: skip


def _key(caller: Caller, name: str) -> str:
    """What one Webex account may see, another of the same organisation may not."""
    digest = sha256(f"{caller.grant.person_id} {name}".encode()).hexdigest()
    return f"integrations.enterprise.{caller.grant.app_id}.{digest}"
