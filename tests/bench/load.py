"""Many HTTP clients in one thread, with as little work for each request as Python allows: the
server is what is measured.

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
_PATIENCE = 60.0  # seconds without any response, after which the run is given up
_ERRORS_KEPT = 3
_FORM = "application/x-www-form-urlencoded"
_GOOD = re.compile(rb"HTTP/1\.1 (?:200|201|304) ")
_NO_BODY = b"HTTP/1.1 304 "


@dataclass
class Tally:
    """What came back. A response other than 200, 201 and 304 has failed; ``errors`` holds the first
    few as they came."""

    answers: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # seconds, of each response
    seconds: float = 0.0  # of the whole run
    last: bytes = b""  # the body of the last good response

    @property
    def rate(self) -> float:
        """Good responses a second."""
        return (self.answers - self.failed) / self.seconds

    @property
    def median(self) -> float:
        """Milliseconds from a request to its response."""
        return statistics.median(self.times) * 1000

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.answers + other.answers,
            self.failed + other.failed,
            [*self.errors, *other.errors][:_ERRORS_KEPT],
            [*self.times, *other.times],
            self.seconds + other.seconds,
            other.last,
        )


@dataclass
class Client:
    """One connection, and the request that it waits for."""

    socket: socket.socket
    due: float = 0.0  # when it asks again
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)


Clients = Sequence[Client]
Request = Callable[[], bytes]


@dataclass(frozen=True)
class _Plan:
    request: Request
    seconds: float
    count: int
    pause: float


def get(path: str, *headers: str) -> bytes:
    """A GET request. ``headers``: whole lines."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: bench", *headers, "\r\n")).encode()


def post(path: str, body: bytes, kind: str = _FORM, *headers: str) -> bytes:
    """A POST request, with a form unless it is of another kind."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: bench",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "\r\n",
    )
    return "\r\n".join(lines).encode() + body


def run(
    url: str,
    request: Request,
    clients: int,
    *,
    seconds: float = float("inf"),
    count: int = 1 << 60,
    pause: float = 0.0,
) -> Tally:
    """So many clients send requests for ``seconds``, or until ``count`` have been answered.

    Each keeps its connection, and asks again ``pause`` seconds after its response. A response that
    has failed is counted and noted; a broken connection is an error of the run.
    """
    with connected(url, clients) as connections:
        return exchange(connections, request, seconds=seconds, count=count, pause=pause)


@contextlib.contextmanager
def connected(url: str, clients: int = 1) -> Iterator[Clients]:
    """So many clients' connections, for any number of exchanges."""
    host, port = url.removeprefix("http://").rsplit(":", 1)
    with contextlib.ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection((host, int(port)), timeout=_PATIENCE))
            for _ in range(clients)
        ]
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield [Client(connection) for connection in connections]


def exchange(
    clients: Clients,
    request: Request,
    *,
    seconds: float = float("inf"),
    count: int = 1 << 60,
    pause: float = 0.0,
) -> Tally:
    """The same as ``run``, over connections that are open and stay open."""
    tally = Tally()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        _exchange(selector, clients, _Plan(request, seconds, count, pause), tally)
    return tally


def good(tally: Tally) -> Tally:
    """The same tally; an ``AssertionError`` if a response failed or none came."""
    assert tally.failed == 0, tally.errors
    assert tally.answers, "there was no response"
    return tally


def _exchange(
    selector: selectors.BaseSelector, clients: Clients, plan: _Plan, tally: Tally
) -> None:
    began = heard = time.monotonic()
    asked = 0
    resting = list(clients)
    while tally.answers < plan.count and (now := time.monotonic()) - began < plan.seconds:
        for client in [c for c in resting if c.due <= now]:
            if asked < plan.count:
                asked += 1
                _ask(client, plan.request())
            resting.remove(client)
        assert now - heard < _PATIENCE + plan.pause, "the server does not respond"
        wait = min((c.due for c in resting), default=now + 1.0) - now
        for client in _answered(selector, max(0.0, wait), tally):
            heard = time.monotonic()
            client.due = heard + plan.pause
            if plan.pause or asked >= plan.count:
                resting.append(client)
            else:
                asked += 1
                _ask(client, plan.request())
    tally.seconds = time.monotonic() - began


def _ask(client: Client, request: bytes) -> None:
    client.received.clear()
    client.asked = time.monotonic()
    client.socket.sendall(request)


def _answered(selector: selectors.BaseSelector, wait: float, tally: Tally) -> Iterator[Client]:
    for key, _ in selector.select(wait):
        client: Client = key.data
        piece = client.socket.recv(1 << 16)
        assert piece, f"the server closed a connection: {bytes(client.received[:200])!r}"
        client.received += piece
        if (body := _body(client.received)) is not None:
            _note(tally, client, body)
            yield client


def _body(received: bytearray) -> bytes | None:
    """The response's body once all of it is there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    if received.startswith(_NO_BODY):
        return b""
    found = _LENGTH.search(received, 0, end)
    assert found, f"a response without a length: {bytes(received[:200])!r}"
    return bytes(received[end + 4 :]) if len(received) >= end + 4 + int(found[1]) else None


def _note(tally: Tally, client: Client, body: bytes) -> None:
    tally.answers += 1
    tally.times.append(time.monotonic() - client.asked)
    if _GOOD.match(client.received):
        tally.last = body
        return
    tally.failed += 1
    if len(tally.errors) < _ERRORS_KEPT:
        tally.errors.append(bytes(client.received[:300]).decode("utf-8", "replace"))
