"""The scenario: every switch that changes how the sandbox behaves, with its default.

A scenario lasts until it is changed; a fault (faults.py) hits a number of requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TOKEN_FIELDS = (
    "access_token",
    "expires_in",
    "refresh_token",
    "refresh_token_expires_in",
    "token_type",
    "scope",
)
MAX_NUMBER = 1e10
OPTIONAL_NUMBERS = ("rate_limit", "person_rate_limit", "refuse_every", "lock_every", "lose_every")
CHOICES: dict[str, tuple[str, ...]] = {
    "rotation": ("none", "strict", "grace"),
    "error_shape": ("gateway", "oauth"),
    "refresh_error": (
        "invalid_refresh_token",
        "invalid_request",
        "invalid_client",
        "unsupported_grant_type",
    ),
    "booleans": ("documented", "strings", "real"),
    "authorize_error": (
        "access_denied",
        "invalid_request",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
    ),
}


@dataclass(slots=True)
class Scenario:
    """Times are seconds. `None` means "off" or "as requested"."""

    rotation: str = "none"
    grace_seconds: float = 60
    clock_reset: bool = True
    once_a_day: bool = False
    refresh_error: str | None = None
    token_limit: bool = False
    access_ttl: float = 1209599
    refresh_ttl: float = 7775999
    code_ttl: float = 300
    device_ttl: float = 300
    device_interval: float = 2
    device_access_ttl: float = 64799
    device_override: dict[str, Any] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    override: dict[str, Any] = field(default_factory=dict)
    error_shape: str = "gateway"
    granted_scopes: tuple[str, ...] | None = None
    add_kms: bool = False
    shuffle_scope: bool = True
    authorize_error: str | None = None
    drop_state_on_error: bool = False
    org_blocks: bool = False
    ignore_pkce: bool = False
    iss: str | None = None
    rate_limit: int | None = None
    latency: float = 0.0
    provision_seconds: float = 3
    first_user_seconds: float = 20
    update_seconds: float = 2
    sync_seconds: float = 10
    report_seconds: float = 5
    mail_seconds: float = 5
    person_rate_limit: int | None = None
    refuse_every: int | None = None
    lock_every: int | None = None
    lose_every: int | None = None
    retry_after: float = 5
    booleans: str = "documented"
    info_as_list: bool = False
    list_lag: float = 0.0
    large_people_list: bool = False

    def reset(self) -> None:
        self.update(default_values())

    def update(self, values: Mapping[str, Any]) -> None:
        """Set several switches at once, or none. Raises ValueError naming the bad one."""
        checked = {name: _checked(name, value) for name, value in values.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return {switch.name: getattr(self, switch.name) for switch in fields(self)}


def default_values() -> dict[str, Any]:
    return Scenario().as_dict()


def _checked(name: str, value: Any) -> Any:
    defaults = default_values()
    if name not in defaults:
        raise ValueError(f"There is no switch {name!r}.")
    if name in CHOICES:
        return _one_of(name, value, optional=defaults[name] is None)
    if name in ("omit", "granted_scopes"):
        return _words(name, value)
    if name == "iss":
        return None if value is None else str(value)
    if name in OPTIONAL_NUMBERS and value is None:
        return None
    wanted = type(defaults[name]) if defaults[name] is not None else int
    return _typed(name, value, wanted)


def _one_of(name: str, value: Any, *, optional: bool) -> str | None:
    if value is None and optional:
        return None
    if value not in CHOICES[name]:
        raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}.")
    return str(value)


def _words(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None and name == "granted_scopes":
        return None
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{name} is a list of strings.")
    return tuple(value)


def _typed(name: str, value: Any, wanted: type) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted in (int, float) and is_number and 0 <= value <= MAX_NUMBER:
        return value
    if wanted in (bool, dict) and isinstance(value, wanted):
        return value
    raise ValueError(f"{name} cannot be {value!r}.")
