"""Bytes both ways: whole, with half-closes, and without much memory."""

import hashlib
import os
import re
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

from tests.dssr.services.front.programs import count, echo, raw_program
from tests.dssr.services.front.running import front, until

MB = 1 << 20
CONNECTIONS = 200


def received(client: socket.socket) -> "hashlib._Hash":
    """The digest of all that comes."""
    found, buffer = hashlib.sha256(), bytearray(MB)
    while read := client.recv_into(buffer):
        found.update(memoryview(buffer)[:read])
    return found


def resident(pid: int) -> float:
    """MB of memory of the process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1]) / 1024


def test_bytes_go_both_ways_at_once(folder: Path) -> None:
    """What several clients send while they receive comes back to each of them byte for byte."""
    data = os.urandom(16 * MB)
    with raw_program(folder / "program", echo), front(folder, http=False) as running:
        running.aim(folder / "program")
        results: list[str] = []

        def client() -> None:
            with running.connect() as connected:
                sender = threading.Thread(target=send, args=(connected,))
                sender.start()
                results.append(received(connected).hexdigest())
                sender.join()

        def send(connected: socket.socket) -> None:
            connected.sendall(data)
            connected.shutdown(socket.SHUT_WR)

        clients = [threading.Thread(target=client) for _ in range(4)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        assert results == [hashlib.sha256(data).hexdigest()] * 4
        status = running.order("status")
        assert status["bytes_in"] == status["bytes_out"] == 4 * len(data)


def test_a_client_that_has_sent_everything_still_receives(folder: Path) -> None:
    """The end of what a client sends reaches the program, whose answer comes after it."""
    with (
        raw_program(folder / "program", count),
        front(folder, http=False) as running,
        running.connect() as client,
    ):
        running.aim(folder / "program", check=False)
        client.sendall(b"x" * (3 * MB))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == str(3 * MB).encode()
        assert client.recv(1) == b""


def test_a_program_that_has_sent_everything_still_receives(folder: Path) -> None:
    """The end of what a program sends reaches the client, which may go on sending."""
    found: list[bytes] = []

    def speak_first(accepted: socket.socket) -> None:
        accepted.sendall(b"bye")
        accepted.shutdown(socket.SHUT_WR)
        with accepted.makefile("rb") as file:
            found.append(file.read())

    with (
        raw_program(folder / "program", speak_first),
        front(folder, http=False) as running,
        running.connect() as client,
    ):
        running.aim(folder / "program", check=False)
        assert client.recv(3) == b"bye"
        assert client.recv(1) == b""
        client.sendall(b"more")
        client.shutdown(socket.SHUT_WR)
        assert until(lambda: b"more" in found)


def test_a_slow_reader_stops_its_sender_alone(folder: Path) -> None:
    """A client that does not read holds back its own program: memory stays, others are served."""
    with raw_program(folder / "program", echo), front(folder, http=False) as running:
        running.aim(folder / "program")
        before = resident(running.pid)
        with running.connect() as slow, running.connect() as other:
            slow.settimeout(1)
            sent = 0
            try:
                while sent < 256 * MB:
                    sent += slow.send(b"x" * MB)
            except TimeoutError:
                pass
            assert sent < 64 * MB
            other.sendall(b"hello")
            assert other.recv(10) == b"hello"
            assert resident(running.pid) - before < 4


def test_idle_connections_cost_little(folder: Path) -> None:
    """200 idle connections, each of which has carried bytes, take less than 4 MB of memory, and
    no thread each."""
    with raw_program(folder / "program", echo), front(folder, http=False) as running:
        running.aim(folder / "program")
        before = resident(running.pid)
        with ExitStack() as opened:
            for _ in range(CONNECTIONS):
                client = opened.enter_context(running.connect())
                client.sendall(b"x" * 1000)
                assert client.recv(1000)
            assert running.order("status")["open"] == CONNECTIONS
            assert resident(running.pid) - before < 4
            assert len(os.listdir(f"/proc/{running.pid}/task")) < 10
