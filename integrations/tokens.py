"""What Webex answers and the models keep: words that the wire and the database share.

Every secret value is kept out of `repr`, so that no traceback or error report shows it.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True)
class Bearer:
    """An access token to act with."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class TokenSet:
    """A successful answer of the token endpoint (RFC 6749 section 5.1), expiries as moments."""

    access_token: str = field(repr=False)
    access_token_expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)  # None: keep the one you have
    refresh_token_expires_at: datetime | None = None
    scope: frozenset[str] | None = None  # None: as requested

    @property
    def bearer(self) -> Bearer:
        return Bearer(self.access_token)

    def renewing(self, refresh_token: str) -> "TokenSet":
        """Webex was seen to answer with the refresh token it was sent: nothing new to keep."""
        return replace(self, refresh_token=None) if self.refresh_token == refresh_token else self

    @property
    def facts(self) -> tuple[Hashable, ...]:
        """All but the tokens themselves."""
        has_refresh_token = self.refresh_token is not None
        expiries = self.access_token_expires_at, self.refresh_token_expires_at
        return *expiries, self.scope, has_refresh_token


@dataclass(frozen=True)
class Person:
    """Whose Webex account it is. `id` is the identity; e-mail and names are for people to read."""

    id: str
    email: str = ""
    name: str = ""
    org_id: str = ""
    org_name: str = ""
