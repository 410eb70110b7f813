"""The address and the name that failed sign-ins are counted for."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """X-Forwarded-For counts only behind our own proxy, and only the entry that proxy added."""
    if settings.BEHIND_TLS_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if _is_address(forwarded):
            return forwarded
    return request.META.get("REMOTE_ADDR") or "127.0.0.1"


def username(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """As much of it as the table of failures can hold; longer names exist nowhere."""
    given = (credentials or request.POST).get("username")
    return (given or "")[:255].replace("\x00", "")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
