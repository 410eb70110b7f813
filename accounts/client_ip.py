"""The address that failed sign-ins are counted for."""

import ipaddress
import logging
import re
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)

# 192.0.2.1, 192.0.2.1:443, 2001:db8::1, [2001:db8::1], [2001:db8::1]:443, fe80::1%eth0
SPELLING = re.compile(r'"?(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::[0-9]+)?"?')
LONGEST = 80  # characters


def client_ip(request: HttpRequest) -> str:
    """Empty where there is none: better not counted at all than counted for everybody's proxy.

    Each of our own proxies adds the address it was asked from to the end of X-Forwarded-For; what
    stands before that anybody may have written.
    """
    if not settings.TRUSTED_PROXIES:
        return _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    found = _address(forwarded[-settings.TRUSTED_PROXIES :][0])
    if not found or len(forwarded) < settings.TRUSTED_PROXIES:
        logger.warning(
            "No client address in X-Forwarded-For: TRUSTED_PROXIES=%s, entries=%s",
            settings.TRUSTED_PROXIES,
            len(forwarded),
        )
        return ""
    return found


@lru_cache(maxsize=2_000)
def _address(text: str) -> str:
    found = SPELLING.fullmatch(text.strip()) if len(text) < LONGEST else None
    try:
        address = ipaddress.ip_address((found[1] or found[2]).partition("%")[0]) if found else ""
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
