"""Where to go afterwards: a path of this portal, whatever a form or a link asked for."""

import re
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 500


def safe(candidate: str | None, *, default: str = "") -> str:
    """The candidate if it is a plain path of this host, else the default (RFC 9700, 4.11)."""
    if not candidate or len(candidate) > LONGEST or not candidate.startswith("/"):
        return default
    if re.search(r"[\x00-\x20\x7f\\]|^/+\.*/", candidate):
        return default
    return candidate if url_has_allowed_host_and_scheme(candidate, allowed_hosts=None) else default


def came_from(request: HttpRequest) -> str:
    """The page of this host on which a button was pressed, as its browser says; else nothing."""
    referrer = request.META.get("HTTP_REFERER", "")  # as the middleware spells the host
    try:
        page = urlsplit(referrer)
    except ValueError:
        return ""
    if page.netloc != request.get_host():
        return ""
    return safe(page._replace(scheme="", netloc="", fragment="").geturl())
