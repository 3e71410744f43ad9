"""Callers who do not read their answers, against the real server and by the rule itself."""

import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
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
    """As many as there are threads, each with more answers to come than are kept for it: others are served again."""
    monkeypatch.setattr(server, "THREADS", 2)
    served = serve(Settings(request_timeout=1))
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 10_000_000)
    address, dispatcher = ("127.0.0.1", port(served)), served.server._server.task_dispatcher
    greedy = [
        socket.create_connection(address, 30, (source, 0)) for source in ("127.0.0.1", "127.0.0.2")
    ]
    for connection in greedy:
        connection.sendall(TAIL * 5)
    until = time.monotonic() + 20
    while dispatcher.active_count < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert served.get("/live").status_code == 200
    while held(served) and time.monotonic() < until:
        time.sleep(0.05)
    assert (dispatcher.active_count, held(served)) == (0, 0)
    for connection in greedy:
        connection.close()


def test_a_slow_reader_has_the_time_of_a_request() -> None:
    """From when he was first seen to keep a thread waiting, and anew whenever he has caught up."""
    reader: Any = SimpleNamespace(
        requests=[object()], total_outbufs_len=0, unread_since=None, will_close=False
    )
    reader.adj, reader.socket = SimpleNamespace(outbuf_high_watermark=16), socket.socket()
    times = iter([100.0, 129.0, 130.0, 131.0, 160.0, 161.0])
    holder: Any = SimpleNamespace(active_channels={1: reader})
    sweep = Sweeper(holder, 30, clock=lambda: next(times), wall=lambda: 1000.0)
    cut = []
    for unread in (17, 17, 16, 17, 17, 17):
        reader.total_outbufs_len = unread
        sweep(0)
        cut.append(reader.will_close)
    reader.socket.close()
    assert cut == [False, False, False, False, False, True]
