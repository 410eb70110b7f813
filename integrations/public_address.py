"""Which addresses of the Internet lead to others, and not to this machine or its neighbours."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
NOT_TO_OTHERS = [  # 6to4, Teredo; site-local (RFC 3879), which Python takes for global
    ipaddress.ip_network(each) for each in ("2002::/16", "2001::/32", "fec0::/10")
]


def is_public(text: str) -> bool:
    """Also judges the IPv4 address within an IPv6 one: the kernel or a gateway may go there."""
    address = _within(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in NOT_TO_OTHERS):
        return False
    is_elsewhere = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_elsewhere


def is_loopback(text: str) -> bool:
    return _within(ipaddress.ip_address(text.partition("%")[0])).is_loopback


def _within(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    in_network = address in TRANSLATED or int(address) >> 32 == 0  # ::a.b.c.d, RFC 4291
    if in_network and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
