"""Host names and addresses while the resolver fails or is silent, as in an outage."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from connectors.transports.addresses import Address, Addresses

SOON = 30.0  # seconds; no test waits for it to pass


def at(host: str, port: int = 22) -> Address:
    """An address, as the resolver returns it."""
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)


OLD, NEW = [at("192.0.2.1")], [at("192.0.2.2")]


class Resolver:
    """Answers ``found`` or fails with ``error``; while ``up`` is not set it is silent."""

    def __init__(self) -> None:
        self.found: Sequence[Address] = OLD
        self.error: Exception | None = None
        self.asked = 0
        self.up = threading.Event()
        self.up.set()

    def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        self.up.wait()
        if self.error is not None:
            raise self.error
        return self.found


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.up.set()


@pytest.fixture
def addresses(resolver: Resolver) -> Addresses:
    return Addresses(resolver)


def test_the_resolvers_answer_is_used(addresses: Addresses, resolver: Resolver) -> None:
    """A changed address is used at once, and each host has its own."""
    assert addresses.of("login", 22) == OLD
    resolver.found = NEW
    assert addresses.of("login", 22) == NEW
    assert addresses.of("login", 2222) == NEW
    assert resolver.asked == 3


def test_a_resolver_that_fails(addresses: Addresses, resolver: Resolver) -> None:
    """While the resolver fails, known addresses are used, and for other names its error is
    raised."""
    assert addresses.of("login", 22) == OLD
    for error in (
        socket.gaierror(socket.EAI_AGAIN, "try again"),
        socket.gaierror(socket.EAI_NONAME, "no such name"),
    ):
        resolver.error = error
        assert addresses.of("login", 22) == OLD
        with pytest.raises(socket.gaierror, match=error.strerror):
            addresses.of("other", 22)
    resolver.error, resolver.found = None, NEW
    assert addresses.of("login", 22) == NEW


def test_a_resolver_that_is_silent(
    addresses: Addresses, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent resolver is waited for once for all callers, and its late answer is used."""
    monkeypatch.setattr("connectors.transports.addresses._PATIENCE", 0.5)
    addresses.of("login", 22)
    resolver.up.clear()
    began = time.monotonic()
    assert [addresses.of("login", 22) for _ in range(20)] == [OLD] * 20
    assert 0.4 < time.monotonic() - began < 5
    assert resolver.asked == 2
    resolver.found = NEW
    resolver.up.set()
    until = time.monotonic() + SOON
    while addresses.of("login", 22) != NEW and time.monotonic() < until:
        time.sleep(0.01)
    assert addresses.of("login", 22) == NEW


def test_the_first_answer_is_waited_for(
    addresses: Addresses, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer for a name is waited for, however long it takes."""
    monkeypatch.setattr("connectors.transports.addresses._PATIENCE", 0.0)
    resolver.up.clear()
    threading.Timer(0.2, resolver.up.set).start()
    assert addresses.of("login", 22) == OLD


def test_when_the_system_gives_no_thread(
    addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a further thread the caller's own thread resolves the name."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert [addresses.of("login", 22) for _ in range(2)] == [OLD] * 2


def test_the_first_address_that_can_be_connected_to(
    addresses: Addresses, resolver: Resolver
) -> None:
    """The first reachable address is used; without one, the last one's error is raised."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        resolver.found = [at("127.0.0.2", port), at("127.0.0.1", port)]
        with addresses.connection("login", port, SOON) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
            assert sock.gettimeout() == SOON
    with pytest.raises(ConnectionRefusedError):
        addresses.connection("login", port, SOON)
