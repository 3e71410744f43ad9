"""Connections that wait, by raw bytes against the real server."""

import contextlib
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dssr.http.serving import connections
from dssr.http.serving.connections import Sweeper
from dssr.job import Output
from dssr.settings import Settings
from tests.dssr.http.raw import BEGUN, LIVE, OK, RUNNING, TAIL, Connect, answer, held, rest


def drip(connection: socket.socket, text: bytes, pause: float = 0.1) -> threading.Thread:
    """Send a byte now and then, until the connection is closed."""

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
def test_a_sender_of_a_byte_now_and_then_gets_408(
    text: bytes, hasty: Any, connect: Connect, failures: Any
) -> None:
    """A sender of a byte now and then gets 408, takes no thread, and leaves one line in the log."""
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
    """A slow request that is complete within the limit is answered, however long its pauses are."""
    connection = connect(served)
    drip(connection, LIVE, 0.01).join(30)
    assert answer(connection) == OK


def test_a_connection_that_is_kept_and_used_is_not_cut(hasty: Any, connect: Connect) -> None:
    """Each request has its own time, however long the connection is open."""
    connection = connect(hasty)
    until = time.monotonic() + 3.5
    while time.monotonic() < until:
        connection.sendall(LIVE[:10])
        time.sleep(0.05)
        connection.sendall(LIVE[10:])
        assert answer(connection) == OK
    assert not hasty.connector.calls


def test_a_request_that_waits_for_its_answer_is_not_cut(hasty: Any, connect: Connect) -> None:
    """The time of a next request, of which a part has come, begins after the response."""
    real = hasty.connector.snapshot

    def slow() -> Any:
        time.sleep(3)
        return real()

    hasty.connector.snapshot = slow
    connection = connect(hasty)
    connection.sendall(RUNNING + LIVE[:10])
    assert answer(connection) == OK
    connection.sendall(LIVE[10:])
    assert answer(connection) == OK


def test_an_idle_connection_is_closed(
    serve: Callable[[Settings], Any], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An idle connection is closed without a response, because there is no request."""
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
    """A connection whose caller reads nothing of a large response is closed and holds no thread."""
    monkeypatch.setattr(connections, "IDLE", 1)
    served = serve(Settings())
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 20_000_000)
    connection = connect(served)
    connection.sendall(TAIL)
    listeners = served.server.listeners
    while not listeners.busy_threads:
        time.sleep(0.01)
    until = time.monotonic() + 20
    while (listeners.busy_threads or held(served)) and time.monotonic() < until:
        time.sleep(0.05)
    assert (listeners.busy_threads, held(served)) == (0, 0)
    assert len(rest(connection)) < 20_000_000


def test_more_connections_than_select_can_watch(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """File descriptors above 1023 (select(2)) are served; the server raises its limit on open
    files.
    """
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        served = serve(Settings(connections=2000))
        opened = [
            connect(served) for _ in range(650)
        ]  # two descriptors each: this process has both ends
        for connection in opened[-10:]:
            connection.sendall(LIVE)
        assert [answer(c) for c in opened[-10:]] == [OK] * 10
        assert max(served.server.listeners._sockets) > 1023
        for connection in opened:
            connection.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Quiet:
    """A connection in a state that a test sets."""

    def __init__(self, **state: Any) -> None:
        self.is_closing, self.is_answering, self.is_parked = False, False, False
        self.unfinished: Any = None
        self.watched, self.watched_since, self.quiet_since = None, 0.0, 1000.0
        self.refused = 0
        self.__dict__.update(state)

    def refuse_unfinished(self) -> None:
        self.refused += 1


@pytest.mark.parametrize(("after", "cut"), [(29.0, False), (30.0, True)])
def test_the_time_of_a_request_begins_when_it_is_first_seen(after: float, cut: bool) -> None:
    """An unfinished request is refused when its time is over, and not before."""
    quiet: Any = Quiet(unfinished=object())
    times = iter([100.0, 100.0 + after])
    sweeper = Sweeper(30, clock=lambda: next(times), wall=lambda: 1000.0)
    sweeper.look_at(quiet)
    sweeper.look_at(quiet)
    assert quiet.refused == cut


def test_cutting_off_is_not_a_fault(
    hasty: Any, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that is cut off leaves no traceback in the log."""
    caplog.set_level(logging.WARNING)
    connection = connect(hasty)
    connection.sendall(BEGUN)
    assert b" 408 " in rest(connection)
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
