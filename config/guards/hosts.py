"""Where portals are served. Hostnames get the spelling that the Host header is compared in."""

import ipaddress
import re

import idna
from django.core.exceptions import ImproperlyConfigured

from config.guards.addresses import is_loopback_name

LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
DEFAULT_PORTS = {"http": "80", "https": "443"}


def branded_url_template(value: str) -> str:
    """As browsers spell an origin: lower case, and no port where it is the usual one."""
    found = re.fullmatch(r"(https?)://\{hostname\}(?::([0-9]{1,5}))?", value.lower())
    if not found or not 0 < int(found[2] or 1) < 65536:
        raise ImproperlyConfigured(
            "BRANDED_URL_TEMPLATE must look like https://{hostname} or http://{hostname}:8000, "
            "without a path."
        )
    scheme, port = found[1], found[2]
    is_usual = port in (None, DEFAULT_PORTS[scheme])
    return f"{scheme}://{{hostname}}" + ("" if is_usual else f":{int(port)}")


def portal_hosts(values: list[str], template: str) -> list[str]:
    served = template.partition("{hostname}")[2].removeprefix(":")
    return [_host(value, served) for value in values]


def cors_origins(values: list[str]) -> list[str]:
    """As a browser spells them in its Origin header (RFC 6454 section 6.1, A-labels)."""
    return [_origin(value) for value in values]


def private_hosts(values: list[str]) -> list[str]:
    """Of identity providers, as they stand in URLs."""
    return [_private(value) for value in values]


def _private(value: str) -> str:
    name = _name(value.lower()) if re.fullmatch(r"[^\s:/?#@\[\]*]+", value) else None
    if name is None:
        raise ImproperlyConfigured(
            f"SSO_PRIVATE_HOSTS: {value!r} is not a hostname. Write names only, separated by "
            "commas, such as id.example.internal, without https://, port and path."
        )
    return name


def _origin(value: str) -> str:
    found = re.fullmatch(
        r"(https?)://(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]*]+)(?::([0-9]{1,5}))?/?", value.lower()
    )
    name = _name(found[2]) if found else None
    if found is None or name is None or not 0 < int(found[3] or 1) < 65536:
        raise ImproperlyConfigured(
            f"CORS_ORIGINS: {value!r} is not an origin. Write origins only, separated by commas, "
            "such as https://app.example.com, without a path and without *."
        )
    is_local = is_loopback_name(name.strip("[]")) or name.endswith(".localhost")
    if found[1] == "http" and not is_local:
        raise ImproperlyConfigured(
            f"CORS_ORIGINS: {value!r} is plain http: whoever is on the way could put a page of "
            "theirs there. Write https://."
        )
    is_usual = found[3] in (None, DEFAULT_PORTS[found[1]])
    return f"{found[1]}://{name}" + ("" if is_usual else f":{int(found[3])}")


def _host(value: str, served_port: str) -> str:
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]*]+?)\.?(?::([0-9]{1,5}))?", value.lower())
    name = _name(found[1]) if found else None
    if found is None or name is None:
        raise ImproperlyConfigured(
            f"PORTAL_HOSTS: {value!r} is not a hostname. Write names only, separated by commas, "
            "such as admin.example.com, without https:// and without a path."
        )
    is_usual = found[2] in (None, "80", "443", served_port)
    return name if is_usual else f"{name}:{found[2]}"


def _name(text: str) -> str | None:
    try:
        if text.startswith("["):
            return f"[{ipaddress.IPv6Address(text[1:-1])}]"
        name = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        return None
    return name if NAME.fullmatch(name) else None
