"""Raw connections to a bridge that is served for a test."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any

LIVE = b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n"
OK = b"HTTP/1.1 200 OK"
RUNNING = b"GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n"
BEGUN = b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nargs="
TAIL = (
    b"POST /request/job/1/1/tail HTTP/1.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 10\r\n\r\n{"qs": {}}'
)
Connect = Callable[..., socket.socket]


def port(served: Any) -> int:
    """Where it listens on loopback."""
    return int(served.url.rsplit(":", 1)[1])


def rest(connection: socket.socket) -> bytes:
    """All that comes until the end; a reset is an end, too."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def answer(connection: socket.socket) -> bytes:
    """The status line of the next response, which is read whole."""
    received = b""
    while not received.endswith((b"}\n", b"]\n")):
        part = connection.recv(65536)
        assert part, received
        received += part
    return received.partition(b"\r\n")[0]


def held(served: Any) -> int:
    """How many connections the server has."""
    return len(list(served.server.listeners.connections()))


def answering(served: Any) -> int:
    """How many of them have a request that is being answered."""
    return sum(c.is_answering for c in served.server.listeners.connections())
