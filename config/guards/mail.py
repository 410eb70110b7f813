"""How mail leaves, from whom, and who gets ours. No message shows a password."""

import re
from typing import Any
from urllib.parse import parse_qsl

import environ
from django.core.exceptions import ImproperlyConfigured

from config.guards.addresses import split

PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
OTHERS = ("consolemail", "filemail", "memorymail", "dummymail")
PLAIN = r"([^\s@<>,;'\"()]+@[^\s@<>,;'\"()]+)"
ADDRESS = re.compile(rf"{PLAIN}|[^@<>,;]*<{PLAIN}>")
PATIENCE = 5  # seconds


def email_settings(value: str) -> dict[str, Any]:
    url = split(value)
    options = dict(parse_qsl(url.query, keep_blank_values=True)) if url else {}
    timeout = options.pop("timeout", str(PATIENCE))
    is_smtp = url is not None and url.scheme in PORTS and url.hostname and url.path in ("", "/")
    is_other = url is not None and url.scheme in OTHERS
    if not (is_smtp or is_other) or options or not re.fullmatch(r"[1-9][0-9]?", timeout):
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@mail.example.com:587, with smtp:// "
            "for no encryption and smtp+ssl:// for TLS from the first byte (percent-encode all but "
            "letters and digits). One option may follow: ?timeout=5, in seconds, at most 99."
        )
    config: dict[str, Any] = environ.Env.email_url_config(value.partition("?")[0])
    port = config["EMAIL_PORT"] or PORTS.get(url.scheme if url else "", 25)
    return config | {"EMAIL_PORT": port, "EMAIL_TIMEOUT": int(timeout)}


def sender(value: str) -> str:
    """With or without a name before the address."""
    _address("FROM_EMAIL", value)
    return value


def admins(values: list[str]) -> list[tuple[str, str]]:
    return [("Operator", _address("ADMINS", value)) for value in values]


def _address(name: str, value: str) -> str:
    found = ADDRESS.fullmatch(value)
    if not found:
        raise ImproperlyConfigured(f"{name}: {value!r} is not an address like portal@example.com.")
    return found[1] or found[2]
