"""The relay does what it is asked to, because a fault that does not happen proves nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.relay import Relay, Way


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay in front of a server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo(client: socket.socket) -> None:
        while piece := client.recv(100):
            client.sendall(piece)
        client.close()

    def serve() -> None:
        while True:
            threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    made = Relay(*server.getsockname())
    yield made
    made.close()


def connect(relay: Relay) -> socket.socket:
    """A client's connection."""
    return socket.create_connection(("127.0.0.1", relay.port), 10)


def everything(client: socket.socket) -> bytes:
    """All data until the connection is closed."""
    received = b""
    while piece := client.recv(100):
        received += piece
    return received


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("way", ["up", "down"])
def test_it_cuts_at_the_byte(relay: Relay, way: Way, after: int) -> None:
    """The relay carries exactly so many bytes, in the direction that is counted, and then closes
    both sides."""
    with connect(relay) as client:
        client.sendall(b"abc")
        assert client.recv(10) == b"abc"
        relay.cut(way, after)
        client.sendall(b"defgh")
        received = everything(client)
    assert relay.struck.wait(10)
    assert relay.carried[way] == 3 + after
    assert received == b"defgh"[: len(received)]
    assert len(received) <= after


def test_it_stalls_one_connection(relay: Relay) -> None:
    """A stalled connection stays open and carries nothing more, and a new connection works."""
    with connect(relay) as client, connect(relay) as other:
        relay.stall("down", 2)
        client.sendall(b"abc")
        assert client.recv(10) == b"ab"
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(10)
        other.sendall(b"abc")
        assert other.recv(10) == b"abc"


def test_it_refuses_and_listens_again(relay: Relay) -> None:
    """The relay refuses new connections and closes the open ones; later the same port works
    again."""
    with connect(relay) as client:
        client.sendall(b"abc")
        assert client.recv(10) == b"abc"
        relay.refuse()
        assert everything(client) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(relay)
    relay.listen()
    with connect(relay) as client:
        client.sendall(b"abc")
        assert client.recv(10) == b"abc"


def test_a_delay_is_no_limit_on_the_speed(relay: Relay) -> None:
    """With a delay every byte arrives in order and not before its time, and all pieces wait at the
    same time."""
    relay.delay = 0.3
    sent = bytes(range(200)) * 50
    began = time.monotonic()
    with connect(relay) as client:
        for at in range(0, len(sent), 100):
            client.sendall(sent[at : at + 100])
            time.sleep(0.001)
        received = client.recv(1)
        first = time.monotonic()
        while len(received) < len(sent):
            received += client.recv(1 << 16)
    assert received == sent
    assert first - began >= 2 * relay.delay
    assert time.monotonic() - began < 30
    assert relay.connections == 1
