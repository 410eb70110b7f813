"""Connections to addresses that others chose, for libcurl.

Straight, without a proxy, for only so is it known where a connection goes: the address is judged
when it is made, whatever the name meant a moment ago.
"""

import socket
from collections.abc import Callable
from typing import Any

import pycurl


class Guard:
    """`is_allowed` is asked about each IP address; empty: it is none."""

    def __init__(self, curl: pycurl.Curl, is_allowed: Callable[[str], bool]) -> None:
        self._is_allowed, self.is_refused = is_allowed, False
        self._opened: list[socket.socket] = []
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)

    def _open(self, purpose: int, address: Any) -> socket.socket | int:
        host = address.addr[0] if isinstance(address.addr, tuple) else ""
        if not self._is_allowed(host):
            self.is_refused = True
            return pycurl.SOCKET_BAD
        self._opened.append(socket.socket(address.family, address.socktype, address.protocol))
        return self._opened[-1]  # libcurl uses a copy of it

    def close(self) -> None:
        for each in self._opened:
            each.close()
