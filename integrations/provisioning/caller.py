"""Who asks Webex: a portal user with their link, for as long as one page may take."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from accounts.models import User
from integrations.errors import InsufficientScope
from integrations.linking import link_status
from integrations.models import BrandedURL, Grant
from integrations.renewal import on_demand
from integrations.webex.http import Deadline

PAGE_SECONDS = 15.0

T = TypeVar("T")


@dataclass(frozen=True)
class Caller:
    grant: Grant
    now: datetime
    deadline: Deadline = field(default_factory=lambda: Deadline(PAGE_SECONDS))

    def ask(self, call: Callable[..., T], *arguments: object) -> T:
        """One REST call in their name. Raises NotLinked, or what the call raises."""
        try:
            return on_demand.with_bearer(
                self.grant,
                lambda bearer: call(bearer, *arguments, deadline=self.deadline),
                now=self.now,
            )
        except InsufficientScope:
            Grant.objects.filter(pk=self.grant.pk).update(capability_seen_at=None)
            raise


def of(user: User, brand: BrandedURL | None, *, now: datetime) -> Caller:
    """Raises NotLinked."""
    return Caller(link_status.usable_grant(user, brand), now)
