"""What arrives on a connection is handed on as it came."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transports.ssh.arrivals import Arrivals, ReadAheadSocket


@given(st.lists(st.integers(1, 400), min_size=1))
def test_a_socket_that_is_read_ahead_loses_nothing(sizes: list[int]) -> None:
    """Bytes come in their order, never more than were asked for, and none at the end."""
    near, far = socket.socketpair()
    data = bytes(range(256)) * 4
    with near, far:
        far.sendall(data)
        far.shutdown(socket.SHUT_WR)
        ahead, found = ReadAheadSocket(near), b""
        for size in [*sizes, *[300] * 4]:
            taken = ahead.recv(size)
            assert len(taken) <= size
            found += taken
        assert (found, ahead.recv(1)) == (data, b"")


def test_a_socket_that_is_read_ahead_waits_no_longer_than_the_socket() -> None:
    """A time limit of the socket holds where nothing was read ahead."""
    near, far = socket.socketpair()
    with near, far:
        ahead = ReadAheadSocket(near)
        ahead.settimeout(0.05)
        with pytest.raises(TimeoutError):
            ahead.recv(1)
        far.sendall(b"ab")
        assert (ahead.recv(1), ahead.recv(1)) == (b"a", b"b")


@given(st.lists(st.binary(min_size=1, max_size=50)), st.integers(1, 60))
def test_arrivals_are_read_in_their_order(pieces: list[bytes], size: int) -> None:
    """All bytes are read once, in pieces of the asked size at most."""
    arrivals = Arrivals(threading.Event())
    for piece in pieces:
        arrivals.feed(piece)
    assert len(arrivals) == len(b"".join(pieces))
    read = []
    while len(arrivals):
        read.append(arrivals.read(size))
    assert b"".join(read) == b"".join(pieces)
    assert max(map(len, read), default=0) <= size
    assert arrivals.read(size) == b""


@pytest.mark.parametrize(
    ("pieces", "is_announced"),
    [
        ([b"x"], True),
        ([bytes(30_000)], False),
        ([bytes(29_999) + b"\n"], True),
        ([bytes(30_000)] * 9, True),
        ([bytes(30_000), b"\n>end 0\n"], True),
    ],
    ids=["small", "large", "end of a line", "many", "the end behind a large one"],
)
def test_a_reader_is_woken_for_a_burst_and_not_for_each_packet(
    pieces: list[bytes], is_announced: bool
) -> None:
    """The reader wakes up for what may be the end of an answer, and for much at once."""
    event = threading.Event()
    arrivals = Arrivals(event)
    for piece in pieces:
        arrivals.feed(piece)
    assert event.is_set() is is_announced


def test_the_end_of_a_stream_wakes_the_reader() -> None:
    """A stream that has ended is announced, whatever is unread."""
    event = threading.Event()
    Arrivals(event).close()
    assert event.is_set()
