"""The scenario's switches as the control page shows and takes them."""

from __future__ import annotations

import json
from typing import Any

from integrations.sandbox.core.http import Params
from integrations.sandbox.core.scenario import (
    CHOICES,
    OPTIONAL_NUMBERS,
    TOKEN_FIELDS,
    Scenario,
    default_values,
)

GROUPS: dict[str, dict[str, str]] = {
    "Refreshing": {
        "rotation": "Refresh token rotation",
        "grace_seconds": "Grace for a rotated token (seconds)",
        "clock_reset": "A refresh renews the refresh token's life",
        "once_a_day": "A refresh within a day changes nothing",
        "refresh_error": "Error instead of a refresh",
        "token_limit": "Accounts have too many tokens (tokenlimit_reached)",
        "access_ttl": "Life of an access token (seconds)",
        "refresh_ttl": "Life of a refresh token (seconds)",
    },
    "Consent": {
        "authorize_error": "Error instead of the sign-in",
        "org_blocks": "The organization blocks the integration",
        "drop_state_on_error": "Leave the state out of error redirects",
        "granted_scopes": "Scopes granted (empty: as requested)",
        "add_kms": "Add spark:kms",
        "ignore_pkce": "Ignore PKCE",
        "iss": "Issuer added to the callback",
        "code_ttl": "Life of a code (seconds)",
    },
    "Device": {
        "device_ttl": "Life of a device code (seconds)",
        "device_interval": "Interval between polls (seconds)",
        "device_access_ttl": "Life of a device's access token (seconds)",
        "device_override": "Fields of the device answer to replace (JSON; null: left out)",
    },
    "Answers": {
        "error_shape": "Shape of token errors",
        "shuffle_scope": "Shuffle the scopes",
        "rate_limit": "Token calls per minute and client (empty: no limit)",
        "latency": "Latency (seconds)",
        "override": "Fields of the token answer to replace (JSON)",
        "omit": "Fields of the token answer to leave out",
    },
    "People and BroadWorks": {
        "provision_seconds": "Provisioning takes (seconds)",
        "first_user_seconds": "The first subscriber of an enterprise takes (seconds)",
        "update_seconds": "An update takes (seconds)",
        "sync_seconds": "A directory sync takes (seconds)",
        "report_seconds": "A billing report takes (seconds)",
        "mail_seconds": "Activation mails take (seconds)",
        "person_rate_limit": "REST calls per minute and person (empty: no limit)",
        "refuse_every": "429 for every n-th REST call (empty: never)",
        "lock_every": "423 for every n-th write (empty: never)",
        "lose_every": "Every n-th write: done, but its answer is lost (empty: never)",
        "retry_after": "Retry-After of these (seconds)",
        "list_lag": "The list of subscribers lags behind by (seconds)",
        "booleans": "Booleans",
        "info_as_list": "The check's info is a list",
        "large_people_list": "The list of people exceeds 256 KiB",
    },
}


def switch(scenario: Scenario, name: str, title: str) -> dict[str, Any]:
    value = getattr(scenario, name)
    default = default_values()[name]
    shown = {"name": name, "title": title, "is_changed": value != default}
    if name == "omit":
        fields = [{"name": field, "is_chosen": field in value} for field in TOKEN_FIELDS]
        return shown | {"kind": "fields", "fields": fields}
    if name in CHOICES:
        none = [{"value": "", "title": "none", "is_chosen": value is None}]
        choices = [{"value": c, "title": c, "is_chosen": c == value} for c in CHOICES[name]]
        return shown | {"kind": "choice", "choices": choices if default else none + choices}
    if isinstance(default, bool):
        return shown | {"kind": "check", "is_on": value}
    if isinstance(default, dict):
        return shown | {"kind": "text", "value": json.dumps(value) if value else ""}
    if name in ("granted_scopes", "iss"):
        text = " ".join(value) if isinstance(value, tuple) else value
        return shown | {"kind": "text", "value": text or ""}
    return shown | {"kind": "number", "value": "" if value is None else f"{value:.15g}"}


def value_of(name: str, form: Params) -> Any:
    """A switch's value as the form sends it. Raises ValueError."""
    default = default_values()[name]
    text = form.get(name, "").strip()
    if name == "omit":
        return form.all(name)
    if name == "granted_scopes":
        return text.split() or None
    if isinstance(default, dict):
        return json.loads(text or "{}")
    if name in CHOICES or name == "iss":
        return text or None
    if isinstance(default, bool):
        return name in form
    return None if name in OPTIONAL_NUMBERS and not text else _number(name, text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} is a number.") from None
    return int(number) if number.is_integer() else number
