"""What the sandbox knows: integrations, people, consents under way, grants and tokens.

Plain data, ready for JSON; no rules (grants.py) and no storage (storage.py).
"""

from __future__ import annotations

import base64
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

PERSONAL_CLUSTER = "PF84"


def resource_id(kind: str, value: str) -> str:
    """A Webex resource id: unpadded base64 of a `ciscospark://` URI (contract 1)."""
    return base64.b64encode(f"ciscospark://us/{kind}/{value}".encode()).decode().rstrip("=")


def uuid_in(kind: str, value: str) -> str:
    """What `resource_id` was made of; empty where it is not an id of this kind."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return ""
    prefix = f"ciscospark://us/{kind}/"
    return text.removeprefix(prefix) if text.startswith(prefix) else ""


def opaque_token(org_id: str) -> str:
    """A code or token as Webex writes it: 64 characters, cluster, organization (contract 1)."""
    raw = f"{uuid.uuid4()}{secrets.token_hex(4)}-{secrets.token_hex(2)[:3]}"
    return f"{base64.b64encode(raw.encode()).decode()}_{PERSONAL_CLUSTER}_{org_id}"


def new_client_id() -> str:
    return "C" + secrets.token_hex(32)


def new_uuid() -> str:
    return str(uuid.uuid4())


@dataclass
class Integration:
    """A registered OAuth client, as the developer portal keeps it."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    client_id: str = field(default_factory=new_client_id)
    client_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    secret_was_shown: bool = True
    created_at: float = 0.0
    api_url: str = ""

    def __post_init__(self) -> None:
        self.redirect_uris = tuple(self.redirect_uris)
        self.scopes = tuple(self.scopes)

    @property
    def id(self) -> str:
        return resource_id("APPLICATION", self.client_id)

    @property
    def authorization_url(self) -> str:
        """The "OAuth Authorization URL" an admin copies (contract 2.1)."""
        scopes = [scope for scope in self.scopes if scope != "spark:kms"] + ["spark:kms"]
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uris[0],
            "scope": " ".join(scopes),
            "state": "set_state_here",
        }
        return f"{self.api_url}/authorize?{urlencode(query, quote_via=quote, safe='')}"


@dataclass
class Organization:
    name: str
    id: str = field(default_factory=new_uuid)
    created_at: float = 0.0


@dataclass
class Person:
    email: str
    display_name: str
    org_id: str
    roles: tuple[str, ...] = ()
    id: str = field(default_factory=new_uuid)
    created_at: float = 0.0
    profile: dict[str, Any] = field(default_factory=dict)  # what PUT and POST /people set

    def __post_init__(self) -> None:
        self.roles = tuple(self.roles)

    @property
    def is_admin(self) -> bool:
        return bool(self.roles)

    @property
    def is_partner_admin(self) -> bool:
        return any("Partner" in role for role in self.roles)

    @property
    def manages_people(self) -> bool:
        """Full and user administrators, of a partner too (contract 15.1)."""
        may = any("Full" in role or "User" in role for role in self.roles)
        return may and not self.is_read_only

    @property
    def is_read_only(self) -> bool:
        return all("Read" in role for role in self.roles)


@dataclass
class Transaction:
    """An authorization request between /authorize and the redirect back; not persisted."""

    client_id: str
    redirect_uri: str
    redirect_uri_was_sent: bool
    scopes: tuple[str, ...]
    state: str | None
    code_challenge: str | None
    code_challenge_method: str
    login_hint: str
    expires_at: float
    person_id: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))


@dataclass
class Code:
    value: str
    transaction: Transaction
    person_id: str
    scopes: tuple[str, ...]
    expires_at: float
    is_used: bool = False


@dataclass
class DeviceCode:
    """A device login under way; not persisted. `decision` is "accept" or "decline"."""

    client_id: str
    scopes: tuple[str, ...]
    interval: float
    expires_at: float
    polled_at: float | None = None
    person_id: str | None = None
    decision: str | None = None
    is_used: bool = False
    value: str = field(default_factory=new_uuid)
    user_code: str = field(default_factory=lambda: f"{secrets.randbelow(1_000_000):06}")
    long_user_code: str = field(default_factory=lambda: secrets.token_hex(32))


@dataclass
class Grant:
    """One person's consent to one integration: a family of tokens."""

    person_id: str
    client_id: str
    scopes: tuple[str, ...]
    granted_at: float
    refresh_token: str = ""
    access_token: str = ""
    revoked_at: float | None = None
    access_ttl: float | None = None  # seconds; None: as the scenario says
    id: str = field(default_factory=new_uuid)

    def __post_init__(self) -> None:
        self.scopes = tuple(self.scopes)


@dataclass
class Token:
    """An access or refresh token; `parent` is the refresh token it was issued under."""

    value: str
    kind: str
    parent: str | None
    client_id: str
    person_id: str
    person_email: str
    grant_id: str
    issued_at: float
    expires_at: float
    replaced_at: float | None = None
    revoked_at: float | None = None
    id: str = field(default_factory=new_uuid)
