"""Too many connections: which of them make room, against the real server."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dssr.job import Output
from dssr.settings import Settings
from tests.dssr.http.raw import (
    BEGUN,
    LIVE,
    OK,
    RUNNING,
    TAIL,
    Connect,
    answer,
    answering,
    held,
    rest,
)
from tests.end_to_end.service import eventually


def hold_back(served: Any) -> threading.Event:
    """Have queries of the cluster take until the event is set."""
    go, real = threading.Event(), served.connector.snapshot

    def slow() -> Any:
        assert go.wait(30)
        return real()

    served.connector.snapshot = slow
    return go


def occupy(served: Any, connect: Connect, calls: int) -> list[socket.socket]:
    """Connections whose requests are all being answered."""
    busy: list[socket.socket] = []
    while len(busy) < calls:
        busy.append(connect(served))
        busy[-1].sendall(RUNNING)
        eventually(lambda: answering(served), lambda begun: begun == len(busy))
    return busy


def test_callers_who_do_not_read_make_room_too(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """Connections of callers who do not read are closed, though nothing can be sent on them."""
    served = serve(Settings(connections=4))
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 20_000_000)
    for _ in range(6):
        connect(served).sendall(TAIL)
    assert served.get("/live").status_code == 200
    eventually(lambda: held(served), lambda left: left <= 4)  # though no new one comes


@pytest.mark.parametrize(
    "sent", [b"", BEGUN, LIVE], ids=["silent", "half a request", "kept after an answer"]
)
def test_connections_that_wait_lock_no_caller_out(
    sent: bytes, serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """A new caller is served at once after ten times as many connections as are allowed."""
    served = serve(Settings(connections=20))
    opened = []
    for _ in range(200):
        opened.append(connect(served))
        opened[-1].sendall(sent)
    assert served.get("/live").status_code == 200
    assert held(served) <= 20 + 2


def test_the_address_with_the_most_connections_makes_room(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """A kept connection survives a flood from elsewhere, though it has waited longest."""
    served = serve(Settings(connections=20))
    kept = connect(served, "127.0.0.1")
    for round in range(3):
        kept.sendall(LIVE)
        assert answer(kept) == OK, round
        flood = [connect(served, "127.0.0.9") for _ in range(60)]
        flood[-1].sendall(LIVE)
        assert answer(flood[-1]) == OK
        assert rest(flood[0]) == b""


def test_a_call_under_way_never_makes_room(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """A submission is not cut off by others' connections."""
    served = serve(Settings(connections=5))
    go = hold_back(served)
    waiting = occupy(served, connect, 4)
    for _ in range(30):
        connect(served)
    assert served.get("/live").status_code == 200
    go.set()
    assert [answer(c) for c in waiting] == [OK] * 4


def test_connections_above_the_limit_make_room_when_they_are_answered(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """All connections above the limit make room once they are answered; otherwise each flood would
    leave the server fuller."""
    served = serve(Settings(connections=4))
    go = hold_back(served)
    busy = occupy(served, connect, 12)
    go.set()
    assert [answer(c) for c in busy] == [OK] * 12
    eventually(lambda: held(served), lambda left: left <= 4)  # though no new one comes


def test_a_request_that_arrives_slowly_is_not_cut_without_a_new_connection(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """An upload is not a connection that waits, though all others are busy."""
    served = serve(Settings(connections=2))
    go = hold_back(served)
    busy = occupy(served, connect, 3)
    upload = connect(served)
    for n in range(30):  # for three seconds, in each of which connections are looked at
        upload.sendall(LIVE[n : n + 1])
        time.sleep(0.1)
    upload.sendall(LIVE[30:])
    assert answer(upload) == OK
    go.set()
    assert [answer(c) for c in busy] == [OK] * 3
