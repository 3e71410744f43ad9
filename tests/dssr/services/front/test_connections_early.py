"""Answers that come before the request has been read."""

import http.client
import socket
from contextlib import closing
from pathlib import Path

from tests.dssr.services.front.programs import raw_program
from tests.dssr.services.front.running import answered, front


def test_an_upload_that_is_refused_early(folder: Path) -> None:
    """A program that answers before it has read the upload is heard, and the connection ends."""

    def refuse(accepted: socket.socket) -> None:
        accepted.recv(1000)
        accepted.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        accepted.shutdown(socket.SHUT_WR)
        while accepted.recv(1 << 16):
            pass

    with raw_program(folder / "refusing", refuse), front(folder) as running:
        running.aim(folder / "refusing", "refusing", check=False)
        with running.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nabc")
            response = http.client.HTTPResponse(client)
            response.begin()
            assert (response.status, response.read()) == (413, b"no")
            assert client.recv(1) == b""


def test_an_answer_is_heard_through_a_large_upload(folder: Path) -> None:
    """A program that answers and closes in the middle of an upload is heard, also by a client that
    sends all of it before it reads."""

    def refuse(accepted: socket.socket) -> None:
        accepted.recv(1000)
        accepted.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    with raw_program(folder / "refusing", refuse), front(folder) as running:
        running.aim(folder / "refusing", "refusing", check=False)
        for size in (1 << 10, 1 << 20, 64 << 20):
            with closing(running.client()) as client:
                answer = answered(client, "/", "POST", bytes(size))
                assert (answer.status, answer.body) == (413, b"no")


def test_the_fronts_own_answer_is_heard_through_a_large_upload(folder: Path) -> None:
    """A front that turns an upload away is heard in the same way."""
    with front(folder) as running, closing(running.client()) as client:
        assert answered(client, "/", "POST", bytes(16 << 20), Host="elsewhere").status == 421


def test_bytes_that_come_early_are_heard(folder: Path) -> None:
    """What a program that speaks no HTTP sends before it closes reaches a client that still
    sends."""

    def refuse(accepted: socket.socket) -> None:
        accepted.recv(1000)
        accepted.sendall(b"too much")

    with raw_program(folder / "refusing", refuse), front(folder, http=False) as running:
        running.aim(folder / "refusing", "refusing", check=False)
        with running.connect() as client:
            client.sendall(bytes(32 << 20))
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b"too much"
            assert client.recv(100) == b""
