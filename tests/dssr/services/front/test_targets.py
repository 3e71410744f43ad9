"""Where connections go, how long they are held, and what a drain leaves."""

import asyncio
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from dssr.services.front.counters import Counters
from dssr.services.front.targets import Target
from tests.dssr.services.front.programs import echo, raw_program, web_program
from tests.dssr.services.front.running import Load, RunningFront, answered, front, until


def greeting(running: RunningFront) -> bytes:
    """What a new connection to an echo gets back."""
    with running.connect() as client:
        client.sendall(b"hello")
        return client.recv(10)


def test_new_connections_go_to_the_new_target(folder: Path) -> None:
    """After a switch, requests of kept and new connections alike are answered by the new one."""
    old, new = folder / "old", folder / "new"
    with web_program(old, "old"), web_program(new, "new"), front(folder) as running:
        running.aim(old)
        with closing(running.client()) as kept:
            assert answered(kept, "/whoami").body == b"old"
            running.aim(new, "second")
            assert answered(kept, "/whoami").body == b"new"
        assert running.get("/whoami").body == b"new"
        assert until(lambda: running.order("status")["draining"] == [])
        assert running.order("status")["cut"] == 0


def test_a_target_that_is_not_well_changes_nothing(folder: Path) -> None:
    """A new target that does not answer its health path never gets a connection."""
    old, new = folder / "old", folder / "new"
    with (
        web_program(old, "old"),
        web_program(new, "new") as second,
        front(folder, path="/whoami") as running,
    ):
        running.aim(old)
        second.name = ""
        answer = running.order("target", name="dead", socket=str(folder / "none"), within=0.3)
        assert answer["error"].startswith("dead is not ready: dead is not reached: No such file")
        assert running.get("/whoami").body == b"old"
        assert running.order("status")["target"]["name"] == "first"


def test_callers_are_held_until_there_is_a_target(folder: Path) -> None:
    """A gap between two targets is a slow response, for connections and for requests."""
    path = folder / "program"
    with front(folder, hold=30) as running:
        found: list[bytes] = []
        waiting = [
            threading.Thread(target=lambda: found.append(running.get("/whoami").body))
            for _ in range(5)
        ]
        for one in waiting:
            one.start()
        assert until(lambda: running.order("status")["held"] == 5)
        with web_program(path):
            running.aim(path)
            for one in waiting:
                one.join()
    assert found == [b"first"] * 5


def test_holding_has_an_end(folder: Path) -> None:
    """Without a target in time, a request gets 503 with the reason, a connection is closed."""
    with front(folder, hold=0.3) as running:
        began = time.monotonic()
        answer = running.get("/whoami")
        assert 0.3 <= time.monotonic() - began < 30
        assert answer.status == 503
        assert answer.fields["Retry-After"] == "5"
        assert answer.body == b"Waited 0.3 seconds, but no instance of the program is running.\n"
        assert running.order("status")["unserved"] == 1
    with front(folder, hold=0.3, http=False) as running, running.connect() as client:
        assert client.recv(1) == b""


def test_a_drain_lets_connections_end(folder: Path) -> None:
    """Open connections to the old target go on, and the drain is over when they have ended."""
    old, new = folder / "old", folder / "new"
    with (
        raw_program(old, echo),
        raw_program(new, echo),
        front(folder, http=False) as running,
        running.connect() as client,
    ):
        running.aim(old)
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        running.aim(new, "second", drain=60)
        client.sendall(b"b")
        assert client.recv(1) == b"b"
        [draining] = running.order("status")["draining"]
        assert (draining["name"], draining["connections"]) == ("first", 1)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert until(lambda: running.order("status")["draining"] == [])
        assert running.order("status")["cut"] == 0


def test_a_drain_has_a_limit_and_counts_what_it_cuts(folder: Path) -> None:
    """When the limit has passed, what is left is cut, and the number is known."""
    old, new = folder / "old", folder / "new"
    with (
        raw_program(old, echo),
        raw_program(new, echo),
        front(folder, http=False) as running,
        running.connect() as first,
        running.connect() as second,
    ):
        running.aim(old)
        for client in (first, second):
            client.sendall(b"a")
            assert client.recv(1) == b"a"
        running.aim(new, "second", drain=0.5)
        assert greeting(running) == b"hello"
        assert first.recv(1) == second.recv(1) == b""
        assert until(lambda: running.order("status")["cut"] == 2)


def test_a_drain_without_a_new_target_holds(folder: Path) -> None:
    """After ``drain`` alone, callers wait for the next target."""
    path = folder / "program"
    with raw_program(path, echo), front(folder, http=False, hold=30) as running:
        running.aim(path)
        running.order("drain")
        with running.connect() as client:
            client.sendall(b"a")
            assert until(lambda: running.order("status")["held"] == 1)
            running.aim(path, "second")
            assert client.recv(1) == b"a"


def hand_over(running: RunningFront, path: Path, number: int, gap: float) -> None:
    """A new instance of the program takes over, and ends when it is not the current one."""
    with web_program(path, f"generation {number}"):
        running.aim(path, f"generation {number}")
        time.sleep(0.3)
        if gap:
            running.order("drain", drain=30)
        else:
            running.aim(path.with_name("between"), "between")
        assert until(lambda: running.order("status")["draining"] == [])
    time.sleep(gap)


@pytest.mark.parametrize("gap", [0, 0.3], ids=["two instances at once", "one instance at a time"])
def test_no_request_fails_at_a_hand_over(folder: Path, gap: float) -> None:
    """Over ten hand-overs, with two instances or with a gap, no request fails, over connections
    that are kept or new; each instance ends as soon as it is drained."""
    with web_program(folder / "between", "between"), front(folder, hold=30) as running:
        running.aim(folder / "between", "between")
        loads = [Load(running, keeps, 0.01) for keeps in (True, True, False)]
        for number in range(10):
            hand_over(running, folder / f"p{number}", number, gap)
        running.aim(folder / "between", "between")
        for load in loads:
            load.stop()
        assert [load.failed for load in loads] == [[], [], []]
        assert sum(len(load.times) for load in loads) > 30
        status = running.order("status")
        assert (status["cut"], status["unserved"]) == (0, 0)


def test_the_preface_comes_first(folder: Path) -> None:
    """A target with a secret gets it before the client's first byte; looks at its health say that
    they are none of its callers."""
    path, got = folder / "program", []

    def note(accepted: socket.socket) -> None:
        with accepted.makefile("rb") as file:
            got.append(file.read())

    with raw_program(path, note), front(folder, http=False) as running:
        running.aim(path, secret="s3cret", check=False)
        with running.connect() as client:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
    assert set(got) == {b"DSSR1 s3cret check\n", b"DSSR1 s3cret\nhello"}


def test_an_upload_has_more_room_than_a_sockets_default(folder: Path) -> None:
    """A connection to a forward takes more bytes before its reader reads them than a socket as the
    kernel makes it."""

    async def room() -> int:
        target = Target("first", folder / "program", Counters())
        with closing(await target.open()) as stream:
            return stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    with raw_program(folder / "program", echo), socket.socket(socket.AF_UNIX) as plain:
        assert asyncio.run(room()) > plain.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
