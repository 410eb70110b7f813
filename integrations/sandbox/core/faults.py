"""Faults: what happens to the next requests on a path, and how a broken answer is sent.

A fault hits a number of requests; what lasts is a switch (scenario.py).
"""

from __future__ import annotations

import fnmatch
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from integrations.sandbox.core.http import Response, json_answer
from integrations.sandbox.core.ledger import Call
from integrations.sandbox.core.scenario import Scenario

CUTS = ("before_status", "mid_headers", "mid_body")
HTML_429 = b"<html><body><h1>429 Too Many Requests</h1></body></html>"
HTML = {"Content-Type": "text/html"}
OAUTH_PATHS = ("/v1/access_token", "/v1/authorize", "/v1/device/")
FILLER = b" " * 16384


@dataclass
class Fault:
    """`after` processes the request first. Without it, a replaced or cut answer means that nothing
    happened; a fault that only slows down or changes headers always keeps the real answer.

    `path` may hold `*`. `headers` sets, or with None drops. `drip` is seconds per byte of body.
    `times` None lasts until cleared.
    """

    path: str
    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    delay: float = 0
    cut: str | None = None
    drip: float | None = None
    endless: bool = False
    after: bool = False
    times: int | None = 1
    client_id: str | None = None
    person: str | None = None

    def __post_init__(self) -> None:
        if self.cut is not None and self.cut not in CUTS:
            raise ValueError(f"cut is one of {', '.join(CUTS)}.")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or None.")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError("status is between 200 and 599.")
        if self.delay < 0 or (self.drip is not None and self.drip <= 0):
            raise ValueError("delay and drip are seconds.")

    @property
    def is_broken_off(self) -> bool:
        """Whether the connection is of no use after the answer."""
        return bool(self.cut or self.endless or self.drip)

    @property
    def is_processed(self) -> bool:
        replaced = self.status is not None or self.body is not None
        return self.after or not (replaced or self.cut or self.endless)

    def hits(self, call: Call) -> bool:
        return (
            fnmatch.fnmatchcase(call.path, self.path)
            and self.client_id in (None, call.client_id)
            and self.person in (None, call.person_email)
        )

    def change(self, real: Response | None) -> Response:
        """The answer to send: the real one, or one made up where nothing was processed."""
        response = real or json_answer({"message": "Sandbox fault", "errors": []})
        changed = replace(response, status=self.status or response.status)
        if self.body is not None:
            changed.body = self.body
        elif self.status is not None:
            changed.body = json_answer({"message": f"Sandbox fault {self.status}"}).body
        return changed


class Faults:
    """Those that wait for a call, and those the scenario wants at every n-th (`_recurring`)."""

    def __init__(self, lock: threading.RLock, scenario: Scenario) -> None:
        self._lock = lock
        self._scenario = scenario
        self._counts: Counter[str] = Counter()
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.waiting.clear()
            self._counts.clear()

    def take(self, call: Call) -> Fault | None:
        """The first fault that hits this call, with one of its times used up."""
        with self._lock:
            fault = next((fault for fault in self.waiting if fault.hits(call)), None)
            if fault and fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
            return fault or self._recurring(call)

    def _recurring(self, call: Call) -> Fault | None:
        """What the scenario does to every n-th call of the REST API, tokens left out."""
        if not call.path.startswith("/v1/") or call.path.startswith(OAUTH_PATHS):
            return None
        wait = {"Retry-After": f"{self._scenario.retry_after:g}"}
        kinds = {"refuse_every": Fault(call.path, status=429, body=HTML_429, headers=wait | HTML)}
        if call.method != "GET":
            kinds["lock_every"] = Fault(call.path, status=423, headers=dict(wait))
            kinds["lose_every"] = Fault(call.path, cut="before_status", after=True)
        hits = [fault for name, fault in kinds.items() if self._is_turn(name)]
        return hits[0] if hits else None

    def _is_turn(self, name: str) -> bool:
        every = getattr(self._scenario, name)
        if not every:
            return False
        self._counts[name] += 1
        return bool(self._counts[name] % every == 0)


def send_broken(
    connection: socket.socket,
    head: bytes,
    body: bytes,
    *,
    fault: Fault,
    stopping: threading.Event,
    leaving: Callable[[], None],
) -> None:
    """Send an answer the way the fault wants it; the connection is of no use afterwards."""
    if fault.cut:
        _cut(connection, _part(fault.cut, head, body), leaving)
    elif fault.endless:
        leaving()
        _pour(connection, head, fault=fault, stopping=stopping)
    elif fault.drip:
        connection.sendall(head)
        for index in range(len(body)):
            if stopping.wait(fault.drip):
                return
            if index == len(body) - 1:
                leaving()
            connection.sendall(body[index : index + 1])
    leaving()


def _part(cut: str, head: bytes, body: bytes) -> bytes:
    if cut == "before_status":
        return b""
    return head[: len(head) // 2] if cut == "mid_headers" else head + body[: len(body) // 2]


def _cut(connection: socket.socket, part: bytes, leaving: Callable[[], None]) -> None:
    if part:
        connection.sendall(part)
        time.sleep(0.02)  # a reset overtakes bytes the client has not read yet
    leaving()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _pour(
    connection: socket.socket, head: bytes, *, fault: Fault, stopping: threading.Event
) -> None:
    connection.sendall(head)
    chunk = FILLER if fault.drip is None else b" "
    while not stopping.wait(fault.drip or 0):
        connection.sendall(chunk)
