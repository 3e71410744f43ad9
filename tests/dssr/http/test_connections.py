"""Connections that wait, by raw bytes against the real server."""

import contextlib
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dssr.http import connections
from dssr.http.connections import Sweeper
from dssr.job import Output
from dssr.settings import Settings

LIVE = b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n"
OK = b"HTTP/1.1 200 OK"
BEGUN = b"POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nargs="
TAIL = b"POST /request/job/1/1/tail HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n" + b'{"qs": {}}'
Connect = Callable[..., socket.socket]


def port(served: Any) -> int:
    return int(served.url.rsplit(":", 1)[1])


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open a connection that is closed after the test; ``source``: the address that it comes from."""
    with contextlib.ExitStack() as opened:

        def begin(served: Any, source: str = "127.0.0.1") -> socket.socket:
            address = ("127.0.0.1", port(served))
            return opened.enter_context(socket.create_connection(address, timeout=30, source_address=(source, 0)))

        yield begin


def rest(connection: socket.socket) -> bytes:
    """All that comes until the end; a reset is an end too."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def answer(connection: socket.socket) -> bytes:
    """The status line of the next answer, which is read whole."""
    received = b""
    while not received.endswith((b"}\n", b"]\n")):
        part = connection.recv(65536)
        assert part, received
        received += part
    return received.partition(b"\r\n")[0]


def held(served: Any) -> int:
    """How many connections the server has."""
    return sum(isinstance(c, connections.Channel) for c in list(served.server._sockets.values()))


def drip(connection: socket.socket, text: bytes, pause: float = 0.1) -> threading.Thread:
    """Send a byte now and then, for as long as the other side lets us."""

    def send() -> None:
        with contextlib.suppress(OSError):
            for i in range(len(text)):
                connection.sendall(text[i : i + 1])
                time.sleep(pause)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def hasty(serve: Callable[[Settings], Any]) -> Any:
    """A bridge that waits a second for a request."""
    return serve(Settings(request_timeout=1))


@pytest.mark.parametrize(
    "text",
    [b"GET /live HTTP/1.1\r\nX: " + b"x" * 1000, BEGUN + b"x" * 990, b"x" * 1000,
     b"POST /submit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 200],
    ids=["headers", "body", "first line", "chunks"],
)  # fmt: skip
def test_a_sender_of_a_byte_now_and_then_is_cut_off(text: bytes, hasty: Any, connect: Connect, failures: Any) -> None:
    """408 and a sentence, a line in the log, and no thread or call was taken by it; others are served meanwhile."""
    connection = connect(hasty)
    head = text.rpartition(b"\r\n\r\n")[0] if text.startswith(b"POST") else b""
    connection.sendall(head)
    dripping = drip(connection, text[len(head) :])
    assert hasty.get("/live").status_code == 200
    refusal = rest(connection)
    assert refusal.startswith((b"HTTP/1.1 408 ", b"HTTP/1.0 408 "))
    assert b"JARVICE_SCHED_REQUEST_TIMEOUT" in refusal
    assert len(failures()) == 1
    assert "408" in failures()[0]
    assert hasty.connector.calls == []
    dripping.join(30)
    assert not dripping.is_alive()


def test_a_slow_sender_who_arrives_in_time_is_answered(served: Any, connect: Connect) -> None:
    """The limit is on the whole, not on a pause."""
    connection = connect(served)
    drip(connection, LIVE, 0.01).join(30)
    assert answer(connection) == OK


def test_a_connection_that_is_kept_and_used_is_not_cut(hasty: Any, connect: Connect) -> None:
    """Each request has its own time, however long the connection has been open, and whatever came when somebody looked."""
    connection = connect(hasty)
    until = time.monotonic() + 3.5
    while time.monotonic() < until:
        connection.sendall(LIVE[:10])
        time.sleep(0.05)
        connection.sendall(LIVE[10:])
        assert answer(connection) == OK
    assert not hasty.connector.calls


def test_a_request_that_waits_for_its_answer_is_not_cut(hasty: Any, connect: Connect) -> None:
    """However long the cluster takes; nor is the half of a next one that came with it, whose time begins afterwards."""
    real = hasty.connector.snapshot

    def slow() -> Any:
        time.sleep(3)
        return real()

    hasty.connector.snapshot = slow
    connection = connect(hasty)
    connection.sendall(b"GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n" + LIVE[:10])
    assert answer(connection) == OK
    connection.sendall(LIVE[10:])
    assert answer(connection) == OK


def test_an_idle_connection_is_closed(
    serve: Callable[[Settings], Any], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word: there is no request to answer."""
    monkeypatch.setattr(connections, "IDLE", 1)
    served = serve(Settings())
    silent, used = connect(served), connect(served)
    used.sendall(LIVE)
    assert answer(used) == OK
    assert rest(silent) == b""
    assert rest(used) == b""


def test_a_caller_who_does_not_read_holds_no_thread(
    serve: Callable[[Settings], Any], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor his connection for long: not a byte of a large answer taken, and it is closed."""
    monkeypatch.setattr(connections, "IDLE", 1)
    served = serve(Settings())
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 20_000_000)
    connection = connect(served)
    connection.sendall(TAIL)
    dispatcher = served.server._server.task_dispatcher
    while not dispatcher.active_count:
        time.sleep(0.01)
    until = time.monotonic() + 20
    while (dispatcher.active_count or held(served)) and time.monotonic() < until:
        time.sleep(0.05)
    assert (dispatcher.active_count, held(served)) == (0, 0)
    assert len(rest(connection)) < 20_000_000


def test_callers_who_do_not_read_make_room_too(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """Though nothing more can be sent to them."""
    served = serve(Settings(connections=4))
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 20_000_000)
    for _ in range(6):
        connect(served).sendall(TAIL)
    for _ in range(6):
        assert served.get("/live").status_code == 200
    until = time.monotonic() + 20
    while (left := held(served)) > 4 and time.monotonic() < until:
        connect(served)
        time.sleep(0.1)
    assert left <= 4


@pytest.mark.parametrize("sent", [b"", BEGUN, LIVE], ids=["silent", "half a request", "kept after an answer"])
def test_connections_that_wait_shut_nobody_out(sent: bytes, serve: Callable[[Settings], Any], connect: Connect) -> None:
    """Ten times as many as may be held at once, and a new caller is served at once."""
    served = serve(Settings(connections=20))
    opened = []
    for _ in range(200):
        opened.append(connect(served))
        opened[-1].sendall(sent)
    assert served.get("/live").status_code == 200
    assert held(served) <= 20 + 2


def test_it_is_the_greediest_address_that_makes_room(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """An upstream's kept connection outlives a flood from elsewhere, though it has waited longest."""
    served = serve(Settings(connections=20))
    kept = connect(served, "127.0.0.1")
    for round in range(3):
        kept.sendall(LIVE)
        assert answer(kept) == OK, round
        flood = [connect(served, "127.0.0.9") for _ in range(60)]
        flood[-1].sendall(LIVE)
        assert answer(flood[-1]) == OK
        assert rest(flood[0]) == b""


def test_a_call_under_way_never_makes_room(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """An upstream's submission is not cut off by others' connections."""
    served = serve(Settings(connections=5))
    go, real = threading.Event(), served.connector.snapshot

    def slow() -> Any:
        assert go.wait(30)
        return real()

    served.connector.snapshot = slow
    waiting = [connect(served) for _ in range(4)]
    for connection in waiting:
        connection.sendall(b"GET /running HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(30):
        connect(served)
    assert served.get("/live").status_code == 200
    go.set()
    assert [answer(c) for c in waiting] == [OK] * 4


def test_more_connections_than_select_can_watch(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """File descriptors above 1023 (select(2)) are watched like all others; the server allows itself as many as it needs."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        served = serve(Settings(connections=2000))
        opened = [connect(served) for _ in range(650)]  # two descriptors each: this process has both ends
        for connection in opened[-10:]:
            connection.sendall(LIVE)
        assert [answer(c) for c in opened[-10:]] == [OK] * 10
        assert max(served.server._sockets) > 1023
        for connection in opened:
            connection.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Quiet:
    """A server whose one connection is as a test says."""

    def __init__(self, **state: Any) -> None:
        self.requests: list[Any] = []
        self.will_close, self.request, self.watched, self.watched_since = False, None, None, 0.0
        self.last_activity = 1000.0
        self.requests_lock = threading.Lock()
        self.__dict__.update(state)
        self.active_channels = {1: self}
        self.tasks: list[Any] = []

    def add_task(self, channel: Any) -> None:
        self.tasks.append(channel)


@pytest.mark.parametrize(("after", "cut"), [(29.0, False), (30.0, True)])
def test_the_time_of_a_request_is_counted_from_when_it_was_first_seen(after: float, cut: bool) -> None:
    """To the second."""
    quiet: Any = Quiet(request=Quiet())
    times = iter([100.0, 100.0 + after])
    sweep = Sweeper(quiet, 30, clock=lambda: next(times), wall=lambda: 1000.0)
    sweep(0)
    sweep(0)
    assert quiet.tasks == ([quiet] if cut else [])
    assert len(quiet.requests) == cut


def test_nothing_of_this_is_a_fault(hasty: Any, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """Cutting off leaves no traceback."""
    caplog.set_level(logging.WARNING)
    connection = connect(hasty)
    connection.sendall(BEGUN)
    assert b" 408 " in rest(connection)
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
