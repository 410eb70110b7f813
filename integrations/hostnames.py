"""Hostnames: one spelling for each, whoever typed it or sent it in a Host header."""

import re
from functools import lru_cache

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from integrations import plain_text
from integrations.errors import InvalidHostname

NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a name that ends in one is an address (WHATWG URL)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@lru_cache(maxsize=2_000)  # every request has one
def normalise(text: str) -> str:
    """Lower case, A-labels (RFC 5890), no final dot.

    Raises InvalidHostname for anything that carries more than a hostname (scheme, port, path,
    user), is an IP address in any spelling, or has no domain.
    """
    text = text.strip().removesuffix(".")
    if plain_text.has_hidden(text):  # a mapping to ASCII would drop some of them silently
        raise InvalidHostname(_("It contains an invisible character. Please type it anew."))
    if not text or re.search(r"[\s/\\@:?#\[\]%]", text):
        raise InvalidHostname(_("Enter a hostname only, such as portal.example.com."))
    international = not text.isascii() or "xn--" in text.lower()
    try:
        hostname = idna.encode(text, uts46=True).decode() if international else text.lower()
    except idna.IDNAError:
        raise InvalidHostname(_("This is not a valid international hostname.")) from None
    labels = hostname.split(".")
    if len(hostname) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise InvalidHostname(_("This is not a valid hostname."))
    if NUMBER.fullmatch(labels[-1]):
        raise InvalidHostname(_("Enter a name, not an IP address."))
    if len(labels) == 1 and not is_local(hostname):
        raise InvalidHostname(_("Enter the full name with its domain, such as portal.example.com."))
    return hostname


def to_unicode(hostname: str) -> str:
    """The U-label form (RFC 5890), as browsers may show it; the same for plain names."""
    try:
        return idna.decode(hostname)
    except idna.IDNAError:
        return hostname


def origin(hostname: str) -> str:
    """The origin a browser sees for this hostname, from the settings and never from a request."""
    return settings.BRANDED_URL_TEMPLATE.format(hostname=hostname)


def is_local(hostname: str) -> bool:
    """Whether the name stays on this machine (RFC 6761), so that plain http harms nobody."""
    return hostname == "localhost" or hostname.endswith(".localhost")


def is_portal_host(hostname: str) -> bool:
    """Whether the portal answers there as itself, with its settings and without a brand."""
    return hostname in settings.PORTAL_HOSTS
