"""What a linked person can do at Webex: granted scopes, and two cheap reads (contract 17.5).

Writes are never tried out: what only they could tell is said to be likely.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.errors import InsufficientScope
from integrations.models import Grant
from integrations.provisioning.caller import Caller
from integrations.webex import broadworks, enterprises

GOOD_FOR = timedelta(days=1)
ONE: dict[str, str] = {"max": "1"}


class Reach(StrEnum):
    CAN = "can"
    LIKELY = "likely"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Ability:
    """`area` names the read that shows whether the role is there; None where no read does."""

    words: str | Promise
    scope: str
    area: str | None = None
    is_read: bool = False


@dataclass(frozen=True)
class Finding:
    words: str
    reach: Reach
    reason: str = ""


ABILITIES = (
    Ability(
        gettext_lazy("see subscribers"),
        "spark-admin:broadworks_subscribers_read", "subscribers", is_read=True,
    ),
    Ability(
        gettext_lazy("provision, change and remove subscribers"),
        "spark-admin:broadworks_subscribers_write", "subscribers",
    ),
    Ability(
        gettext_lazy("see enterprises"),
        "spark-admin:broadworks_enterprises_read", "enterprises", is_read=True,
    ),
    Ability(
        gettext_lazy("synchronise directories"),
        "spark-admin:broadworks_enterprises_write", "enterprises",
    ),
    Ability(gettext_lazy("find people"), "spark-admin:people_read"),
    Ability(gettext_lazy("remove people"), "spark-admin:people_write"),
    Ability(
        gettext_lazy("see billing reports"),
        "spark-admin:broadworks_billing_reports_read", "subscribers",
    ),
)  # fmt: skip
READS: dict[str, tuple[str, Callable[..., Any]]] = {
    "subscribers": ("spark-admin:broadworks_subscribers_read", broadworks.subscribers),
    "enterprises": ("spark-admin:broadworks_enterprises_read", enterprises.enterprises),
}


def is_fresh(grant: Grant, *, now: datetime) -> bool:
    seen_at = grant.capability_seen_at
    relinked = seen_at and grant.granted_at and seen_at < grant.granted_at
    return bool(seen_at and not relinked and seen_at > now - GOOD_FOR)


def refresh(caller: Caller) -> list[Finding]:
    """Asks Webex where it is not known any more. Raises what `subscribers.check` raises."""
    grant = caller.grant
    if not is_fresh(grant, now=caller.now):
        seen = {area: _sees(caller, *read) for area, read in READS.items()}
        grant.capability, grant.capability_seen_at = seen, caller.now
        Grant.objects.filter(pk=grant.pk).update(capability=seen, capability_seen_at=caller.now)
    return findings(grant)


def findings(grant: Grant) -> list[Finding]:
    """What is sure first."""
    found = [_finding(grant, each) for each in ABILITIES]
    return sorted(found, key=lambda each: list(Reach).index(each.reach))


def _sees(caller: Caller, scope: str, read: Callable[..., Any]) -> bool:
    """False without the scope, and where Webex says 403: then the role is missing."""
    if scope not in caller.grant.scopes:
        return False
    try:
        caller.ask(read, ONE)
    except InsufficientScope:
        return False
    return True


def _finding(grant: Grant, ability: Ability) -> Finding:
    words = str(ability.words)
    if ability.scope not in grant.scopes:
        return Finding(words, Reach.CANNOT, _lacks(grant, ability.scope))
    if ability.area and not (grant.capability or {}).get(ability.area):
        reason = _("your Webex account lacks the role Partner administrator")
        return Finding(words, Reach.CANNOT, reason)
    return Finding(words, Reach.CAN if ability.is_read else Reach.LIKELY)


def _lacks(grant: Grant, scope: str) -> str:
    if scope in grant.app.scopes:
        return _("link again to allow %(scope)s") % {"scope": scope}
    return _("the integration lacks %(scope)s") % {"scope": scope}
