"""Which URLs of identity providers may be called: administrators choose, operators limit."""

from urllib.parse import urlsplit

from django.conf import settings

from integrations import public_address


def is_url_allowed(url: str) -> bool:
    """https; http only where the operator named the host and it is this machine."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    is_near = host in settings.SSO_PRIVATE_HOSTS and host in ("localhost", "127.0.0.1")
    return parts.scheme == "https" or (parts.scheme == "http" and is_near)


def is_address_allowed(address: str, *, host: str) -> bool:
    """An IP address that was found for a name, or stood in the URL."""
    if host in settings.SSO_PRIVATE_HOSTS:
        return True
    return bool(address) and public_address.is_public(address)
