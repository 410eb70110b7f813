"""Where to go afterwards: a path of this portal, whatever a form or a link asked for."""

import re

from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 500


def safe(candidate: str | None, *, default: str = "") -> str:
    """The candidate if it is a plain path of this host, else the default (RFC 9700, 4.11)."""
    if not candidate or len(candidate) > LONGEST or not candidate.startswith("/"):
        return default
    if re.search(r"[\x00-\x20\x7f\\]|^/+\.*/", candidate):
        return default
    return candidate if url_has_allowed_host_and_scheme(candidate, allowed_hosts=None) else default
