"""Values of the environment: normalised, or refused with a sentence that names the variable.

django-environ reads `10s` as 10 and `ture` as false. A blank line means the default.
"""

import ipaddress
import re
from collections.abc import Iterable

import environ
import idna
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = ("true", "on", "yes", "y", "ok", "1"), ("false", "off", "no", "n", "0")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
BROKERS = ("redis", "rediss", "redis+socket")
HOST_AND_PORT = re.compile(r"(\[[0-9a-f:]+\]|[^:/@\s\[\]]+)(:[0-9]{1,5})?")


def _text(env: environ.Env, name: str) -> str:
    return str(env.str(name, default="")).strip()


def number(env: environ.Env, name: str, default: float, *, least: float, most: float) -> float:
    text = _text(env, name)
    if not text:
        return default
    value = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else -1.0
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} must be a number from {least:g} to {most:g}.")
    return value


def whole(env: environ.Env, name: str, default: int, *, least: int, most: int) -> int:
    value = number(env, name, default, least=least, most=most)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def switch(env: environ.Env, name: str) -> bool:
    text = _text(env, name).lower()
    if text in TRUE:
        return True
    if text in ("", *FALSE):
        return False
    raise ImproperlyConfigured(f"{name} must be on or off.")


def items(env: environ.Env, name: str, default: Iterable[str] = ()) -> list[str]:
    """Comma list without blanks and quotes."""
    found = [each.strip().strip("\"'").strip() for each in _text(env, name).split(",")]
    return [each for each in found if each] or list(default)


def hosts(env: environ.Env, name: str) -> list[str]:
    """Lower case, A-labels, no final dot: as the middleware spells the host of a request."""
    return [_host(name, each) for each in items(env, name)]


def _host(name: str, text: str) -> str:
    match = HOST_AND_PORT.fullmatch(text.lower())
    if not match:
        raise ImproperlyConfigured(
            f"{name} must list hosts alone, such as admin.example.com: no scheme, no path."
        )
    host, port = match[1].rstrip("."), match[2] or ""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            raise ImproperlyConfigured(f"{name} lists something that is no hostname.") from None
    return host + port


def level(env: environ.Env, name: str, default: str) -> str:
    text = _text(env, name).upper() or default
    if text not in LEVELS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(LEVELS)}.")
    return text


def broker(env: environ.Env, name: str, default: str) -> str:
    """No part of the URL is repeated: it holds a password."""
    url = _text(env, name) or default
    if url.partition("://")[0] not in BROKERS:
        raise ImproperlyConfigured(
            f"{name} must begin with redis://, rediss:// or redis+socket://. Sentinel and "
            "cluster are not supported."
        )
    return url
