"""Too many connections: which of them make room, by raw bytes against the real server."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from dssr.job import Output
from dssr.settings import Settings
from tests.dssr.http.raw import BEGUN, LIVE, OK, RUNNING, TAIL, Connect, answer, answering, held, rest


def begins(number: int, served: Any) -> bool:
    """Whether so many requests are soon being answered."""
    until = time.monotonic() + 20
    while (begun := answering(served)) < number and time.monotonic() < until:
        time.sleep(0.01)
    return begun == number


def falls_to(limit: int, served: Any) -> bool:
    """Whether the server soon has no more connections than that, though no new one comes."""
    until = time.monotonic() + 20
    while (left := held(served)) > limit and time.monotonic() < until:
        time.sleep(0.05)
    return left <= limit


def test_callers_who_do_not_read_make_room_too(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """Though nothing more can be sent to them, and though their answers came after the last new connection."""
    served = serve(Settings(connections=4))
    served.submit()
    served.connector.jobs["1"].output = Output(b"x" * 20_000_000)
    for _ in range(6):
        connect(served).sendall(TAIL)
    assert served.get("/live").status_code == 200
    assert falls_to(4, served)


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
        connection.sendall(RUNNING)
    assert begins(len(waiting), served)
    for _ in range(30):
        connect(served)
    assert served.get("/live").status_code == 200
    go.set()
    assert [answer(c) for c in waiting] == [OK] * 4


def test_those_that_were_too_many_while_they_were_answered_make_room(
    serve: Callable[[Settings], Any], connect: Connect
) -> None:
    """All of them that are above the limit, when they have their answers: else each flood would leave the server fuller."""
    served = serve(Settings(connections=4))
    go, real = threading.Event(), served.connector.snapshot

    def slow() -> Any:
        assert go.wait(30)
        return real()

    served.connector.snapshot = slow
    busy: list[Any] = []
    while len(busy) < 12:
        busy.append(connect(served))
        busy[-1].sendall(RUNNING)
        assert begins(len(busy), served)
    go.set()
    assert [answer(c) for c in busy] == [OK] * 12
    assert falls_to(4, served)


def test_a_request_under_way_is_not_cut_where_no_new_one_presses(serve: Callable[[Settings], Any], connect: Connect) -> None:
    """Though all others are busy: what comes in now and then is an upload, and not a connection that waits."""
    served = serve(Settings(connections=2))
    go, real = threading.Event(), served.connector.snapshot

    def slow() -> Any:
        assert go.wait(30)
        return real()

    served.connector.snapshot = slow
    busy: list[Any] = []
    while len(busy) < 3:
        busy.append(connect(served))
        busy[-1].sendall(RUNNING)
        assert begins(len(busy), served)
    upload = connect(served)
    for n in range(30):  # for three seconds, in each of which connections are looked at
        upload.sendall(LIVE[n : n + 1])
        time.sleep(0.1)
    upload.sendall(LIVE[30:])
    assert answer(upload) == OK
    go.set()
    assert [answer(c) for c in busy] == [OK] * 3
