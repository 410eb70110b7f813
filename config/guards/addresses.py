"""What an address in a setting is: a URL that can be split, this machine, a number."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a host that ends in one is an address (WHATWG URL)


def split(value: str) -> SplitResult | None:
    """None where it is no URL."""
    try:
        url = urlsplit(value)
        url.port  # noqa: B018  raises where it is none
    except ValueError:
        return None
    return url


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_number(host: str) -> bool:
    return NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def is_loopback_name(host: str) -> bool:
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_loopback_http(value: str) -> bool:
    url = split(value)
    return url is not None and url.scheme == "http" and is_loopback_name(url.hostname or "")
