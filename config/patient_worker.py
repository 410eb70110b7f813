"""gunicorn's threads, of which each request holds one only once it is there.

A stranger who sends half of one and waits would hold a thread for as long as they like, and a few
of them every thread. They wait in the worker's event loop instead, as those who say nothing do.
"""

import re
import select
import socket
from typing import Any

from gunicorn.workers import gthread

MOST = 32 * 1024  # bytes: a longer head is refused, a longer body is read by a thread as it comes
HEAD_ENDS = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,10})[ \t]*\r\n", re.IGNORECASE)


class HeadTooLong(Exception):
    """Nobody with a browser sends one."""


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]  # untyped
    def handle(self, conn: Any) -> Any:
        """Runs in a thread, which it gives back where the request is not there yet."""
        read_ahead = conn.parser.unreader.buf.getvalue() if conn.parser else b""
        try:
            wanted = _wanted(conn.sock, read_ahead)
            # Or the event loop would be told again and again of what has come already,
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted or 1)
            if wanted and _sends_no_more(conn.sock):  # and of an end, whatever is wanted
                wanted = 0
        except HeadTooLong:
            return False
        except OSError:
            wanted = 0  # the connection is gone, which gunicorn finds out, too
        return gthread._DEFER if wanted else super().handle(conn)


def _sends_no_more(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, getattr(select, "POLLRDHUP", select.POLLHUP))
    return bool(poll.poll(0))


def _wanted(sock: socket.socket, read_ahead: bytes) -> int:
    """How many bytes must wait in the socket before the next look; 0: the request is there."""
    try:
        waiting = sock.recv(MOST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        waiting = b""
    else:
        if not waiting:
            return 0  # the other side sends no more
    come = read_ahead + waiting
    head, end, _body = come.partition(HEAD_ENDS)
    if not end:
        if len(come) >= MOST:
            raise HeadTooLong
        return len(waiting) + 1
    length = LENGTH.search(head + b"\r\n")
    whole = len(head + end) + (int(length[1]) if length else 0)
    return whole - len(read_ahead) if len(come) < whole <= MOST else 0
