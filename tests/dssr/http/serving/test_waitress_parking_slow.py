"""Listeners who do not read, at the real server."""

import time
from collections.abc import Callable

from dssr.http.live import LARGEST
from dssr.settings import Settings
from tests.dssr.conftest import Served
from tests.dssr.http.raw import Connect, held, rest
from tests.dssr.http.serving.listening import EVENTS, Listening, until
from tests.end_to_end.service import eventually

Serve = Callable[..., Served]


def fill(api: Listening, served: Served, number: int = 0) -> None:
    """Give a listener so much that its connection takes no more."""
    feed, [channel] = api.feed(number), list(served.server.listeners.connections())[:1]
    while not channel.has_unread:
        feed.give(b"x" * LARGEST)
        time.sleep(0.01)


def test_a_listener_who_does_not_read_is_dropped_while_others_get_their_events(
    serve: Serve, connect: Connect
) -> None:
    """The bridge holds about 64 KB for a listener, and closes the connection of one whose feed is
    behind."""
    api = Listening()
    served = serve(Settings(), api.calls)
    slow = connect(served)
    slow.sendall(EVENTS)
    fill(api, served)
    [channel] = list(served.server.listeners.connections())
    for _ in range(50):
        api.feed().give(b"x" * LARGEST)
    assert channel.total_outbufs_len <= LARGEST + 100
    other = connect(served)
    other.sendall(EVENTS)
    api.feed(1).give(b"data: 1\n\n")
    until(other, b"1\n\n\r\n")
    api.feed().is_behind = True
    for _ in range(1000):  # the system's own buffer may have grown meanwhile
        if api.feed().closed.wait(0.01):
            break
        api.feed().give(b"x" * LARGEST)
    assert api.feed().closed.is_set()
    eventually(lambda: held(served), lambda left: left == 1)
    assert not rest(slow).endswith(b"0\r\n\r\n")


def test_a_listener_who_reads_nothing_for_the_time_of_a_request_is_cut_off(
    serve: Serve, connect: Connect
) -> None:
    """A connection that takes no byte is not kept, though its feed is not behind."""
    api = Listening()
    served = serve(Settings(request_timeout=1), api.calls)
    connect(served).sendall(EVENTS)
    fill(api, served)
    assert api.feed().closed.wait(10)
    eventually(lambda: held(served), lambda left: left == 0)


def test_a_listener_who_reads_slowly_gets_everything(serve: Serve, connect: Connect) -> None:
    """What did not fit at once follows as the listener reads."""
    api = Listening()
    served = serve(Settings(), api.calls)
    connection = connect(served)
    connection.sendall(EVENTS)
    fill(api, served)
    sent = api.feed()
    for number in range(100):
        sent.give(b"%05d" % number + b"x" * 50_000)
    sent.give(None)
    received = rest(connection)
    assert received.endswith(b"0\r\n\r\n")
    places = [received.index(b"%05dx" % number) for number in range(100)]
    assert places == sorted(places)
