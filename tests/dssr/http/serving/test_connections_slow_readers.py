"""Callers who do not read their responses, against the real server and by the rule itself."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from dssr.http.serving import server
from dssr.http.serving.connections import Sweeper
from dssr.job import Output
from dssr.settings import Settings
from tests.dssr.http.raw import TAIL, held, port


def test_callers_who_send_on_and_do_not_read_take_no_threads_for_good(
    serve: Callable[[Settings], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other callers are served although as many callers as there are threads send and do not
    read."""
    monkeypatch.setattr(server, "THREADS", 2)
    served = serve(Settings(request_timeout=1))
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 10_000_000)
    address, listeners = ("127.0.0.1", port(served)), served.server.listeners
    greedy = [
        socket.create_connection(address, 30, (source, 0)) for source in ("127.0.0.1", "127.0.0.2")
    ]
    for connection in greedy:
        connection.sendall(TAIL * 5)
    until = time.monotonic() + 20
    while listeners.busy_threads < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert served.get("/live").status_code == 200
    while (listeners.busy_threads or held(served)) and time.monotonic() < until:
        time.sleep(0.05)
    assert (listeners.busy_threads, held(served)) == (0, 0)
    for connection in greedy:
        connection.close()


class Reader:
    """A connection whose response is being read, or not."""

    is_closing, is_answering, is_parked, holds_a_thread = False, True, False, False
    watched: Any = None
    unread_since: float | None = None
    written = written_then = 0

    def hang_up(self) -> None:
        self.is_closing = True


def test_a_slow_reader_has_the_time_of_a_request() -> None:
    """The time of a slow reader begins when the reader is first seen to hold a thread, and anew
    after catching up."""
    reader = Reader()
    times = iter([100.0, 129.0, 130.0, 131.0, 160.0, 161.0])
    sweeper = Sweeper(30, clock=lambda: next(times), wall=lambda: 1000.0)
    cut = []
    for reader.holds_a_thread in (True, True, False, True, True, True):
        sweeper.look_at(reader)
        cut.append(reader.is_closing)
    assert cut == [False, False, False, False, False, True]


def test_a_reader_of_a_large_response_may_take_long() -> None:
    """A reader who always holds a thread is not cut off as long as more of the response can be
    written in each such time, and is cut off afterwards."""
    reader = Reader()
    reader.holds_a_thread = True
    times = iter([100.0, 129.0, 158.0, 187.0, 217.0])
    sweeper = Sweeper(30, clock=lambda: next(times), wall=lambda: 1000.0)
    cut = []
    for reader.written in (1, 2, 3, 4, 4):
        sweeper.look_at(reader)
        cut.append(reader.is_closing)
    assert cut == [False, False, False, False, True]
