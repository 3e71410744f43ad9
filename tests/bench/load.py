"""Many HTTP clients in one thread: as little work for each request as Python allows, so that the server is what is measured.

The same client measures the bridge and the baseline.
"""

import contextlib
import re
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 60.0  # seconds without any answer, after which the run is given up


@dataclass
class Tally:
    """What came back. ``errors``: answers other than 200, the first few as they came."""

    answers: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # seconds, of each answer
    seconds: float = 0.0  # the whole run
    last: bytes = b""  # the body of the last good answer

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.answers - self.failed) / self.seconds

    @property
    def median(self) -> float:
        """Milliseconds of an answer."""
        return statistics.median(self.times) * 1000

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answers + other.answers, self.failed + other.failed, [*self.errors, *other.errors][:3],
            [*self.times, *other.times], self.seconds + other.seconds, other.last,
        )  # fmt: skip


@dataclass
class _Client:
    socket: socket.socket
    due: float = 0.0  # when to ask again
    asked: float = 0.0
    waiting: bool = False
    received: bytearray = field(default_factory=bytearray)


Request = Callable[[], bytes]


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """A POST request with a form."""
    kind = "application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def run(
    url: str,
    request: Request,
    clients: int,
    *,
    seconds: float = float("inf"),
    count: int = 1 << 60,
    pause: float = 0.0,
) -> Tally:
    """``clients`` ask, each again ``pause`` seconds after its answer, for ``seconds`` or until ``count`` have been answered.

    Each keeps its connection. An answer that is not 200 is counted and noted; a broken connection is an error of the run.
    """
    with connected(url, clients) as connections:
        return exchange(connections, request, seconds=seconds, count=count, pause=pause)


@contextlib.contextmanager
def connected(url: str, clients: int = 1) -> Iterator[Sequence[_Client]]:
    """So many clients' connections, for any number of exchanges."""
    host, port = url.removeprefix("http://").rsplit(":", 1)
    with contextlib.ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection((host, int(port)), timeout=_PATIENCE))
            for _ in range(clients)
        ]
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield [_Client(connection) for connection in connections]


def exchange(
    clients: Sequence[_Client],
    request: Request,
    *,
    seconds: float = float("inf"),
    count: int = 1 << 60,
    pause: float = 0.0,
) -> Tally:
    """What ``run`` does, over connections that are there and stay."""
    tally = Tally()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        _exchange(selector, clients, request, tally, seconds, count, pause)
    return tally


def _exchange(
    selector: selectors.BaseSelector,
    clients: Sequence[_Client],
    request: Request,
    tally: Tally,
    seconds: float,
    count: int,
    pause: float,
) -> None:
    began = heard = time.monotonic()
    asked = 0
    resting = list(clients)
    while tally.answers < count and (now := time.monotonic()) - began < seconds:
        for client in [c for c in resting if c.due <= now]:
            if asked < count:
                asked += 1
                _ask(client, request())
            resting.remove(client)
        assert now - heard < _PATIENCE + pause, "the server says nothing"
        wait = min((c.due for c in resting), default=now + 1.0) - now
        for client in _answered(selector, max(0.0, wait), tally):
            heard = time.monotonic()
            client.due = heard + pause
            if pause or asked >= count:
                resting.append(client)
            else:
                asked += 1
                _ask(client, request())
    tally.seconds = time.monotonic() - began


def _ask(client: _Client, request: bytes) -> None:
    client.received.clear()
    client.asked = time.monotonic()
    client.socket.sendall(request)


def _answered(selector: selectors.BaseSelector, wait: float, tally: Tally) -> Iterator[_Client]:
    for key, _ in selector.select(wait):
        client: _Client = key.data
        piece = client.socket.recv(1 << 16)
        assert piece, f"the server closed a connection: {bytes(client.received[:200])!r}"
        client.received += piece
        if (body := _body(client.received)) is not None:
            _note(tally, client, body)
            yield client


def _body(received: bytearray) -> bytes | None:
    """The answer's body once it is all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    found = _LENGTH.search(received, 0, end)
    assert found, f"an answer without a length: {bytes(received[:200])!r}"
    return bytes(received[end + 4 :]) if len(received) >= end + 4 + int(found[1]) else None


def _note(tally: Tally, client: _Client, body: bytes) -> None:
    tally.answers += 1
    tally.times.append(time.monotonic() - client.asked)
    if client.received.startswith(b"HTTP/1.1 200 "):
        tally.last = body
        return
    tally.failed += 1
    if len(tally.errors) < 3:
        tally.errors.append(bytes(client.received[:300]).decode("utf-8", "replace"))
