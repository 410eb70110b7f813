"""The way on to the next page of a list, which only Webex can point at (contract 15)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.core import signing

from integrations.portal_request import PortalRequest

SALT = "integrations.next_page"  # signed: nobody else points anywhere
GOOD_FOR = 86_400  # seconds


def asked(request: PortalRequest) -> str:
    """What was tampered with, or is too old, starts over."""
    try:
        return str(signing.loads(request.GET.get("next", ""), salt=SALT, max_age=GOOD_FOR))
    except signing.BadSignature:
        return ""


def query(wanted: Mapping[str, str], next_url: str) -> str:
    """Empty on the last page."""
    if not next_url:
        return ""
    named = {name: value for name, value in wanted.items() if value}
    return urlencode({**named, "next": signing.dumps(next_url, salt=SALT)})
