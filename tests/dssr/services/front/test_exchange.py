"""WebSockets and large bodies through a front."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, unix_serve

from tests.dssr.services.front.programs import web_program
from tests.dssr.services.front.running import PATIENCE, RunningFront, answered, front, until

MB = 1 << 20
LARGE = 16 * MB


@contextmanager
def websocket_echo(path: Path) -> Iterator[None]:
    """A program that sends each message of a WebSocket back."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with unix_serve(echo, str(path), max_size=None, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def websocket(running: RunningFront, query: str = "") -> ClientConnection:
    """A WebSocket to the front."""
    return connect(
        f"ws://localhost:{running.port}/socket{query}",
        max_size=None,
        compression=None,
        open_timeout=PATIENCE,
    )


def test_messages_of_16_mb(folder: Path) -> None:
    """WebSocket messages of 16 MB go both ways whole, many small ones in their order."""
    data = os.urandom(LARGE)
    with websocket_echo(folder / "program"), front(folder) as running:
        running.aim(folder / "program")
        with websocket(running) as client:
            for _ in range(3):
                client.send(data)
                assert client.recv(PATIENCE) == data
            for number in range(100):
                client.send(str(number))
            assert [client.recv(PATIENCE) for _ in range(100)] == [str(n) for n in range(100)]


def test_a_websocket_with_the_token(folder: Path) -> None:
    """A program's WebSocket enters with the token in its address."""
    token = "a-token-of-some-length"
    with (
        websocket_echo(folder / "program"),
        front(folder, admit="token", token=token) as running,
    ):
        running.aim(folder / "program")
        with websocket(running, f"?token={token}") as client:
            client.send("hello")
            assert client.recv(PATIENCE) == "hello"


def test_a_websocket_gets_its_drain(folder: Path) -> None:
    """A WebSocket to the old target goes on for as long as the drain, while new requests go to the
    new one; then it is cut, and counted."""
    with (
        websocket_echo(folder / "old"),
        web_program(folder / "new", "new"),
        front(folder) as running,
    ):
        running.aim(folder / "old")
        with websocket(running) as client:
            running.aim(folder / "new", "second", drain=1)
            began = time.monotonic()
            while time.monotonic() - began < 0.5:
                client.send("still")
                assert client.recv(PATIENCE) == "still"
            assert running.get("/whoami").body == b"new"
            assert until(lambda: running.order("status")["cut"] == 1)


def test_an_upload_of_half_a_gigabyte(folder: Path) -> None:
    """A large upload reaches the program whole, and the front's memory stays as it is."""
    size = 512 * MB
    with (
        web_program(folder / "program") as program,
        front(folder) as running,
        closing(running.client()) as client,
    ):
        running.aim(program.path)
        status = Path(f"/proc/{running.pid}/status")
        client.putrequest("POST", "/upload")
        client.putheader("Content-Length", str(size))
        client.endheaders()
        block = b"u" * MB
        for _ in range(size // MB):
            client.send(block)
        assert client.getresponse().read() == str(size).encode()
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 60 * 1024


def test_a_download_is_the_same_byte_for_byte(folder: Path) -> None:
    """What a program sends in odd pieces arrives as it was, on a connection that is kept."""
    with (
        web_program(folder / "program") as program,
        front(folder) as running,
        closing(running.client()) as client,
    ):
        running.aim(program.path)
        for size in (1, 65_535, 262_144, 262_145, 5 * MB + 1):
            body = answered(client, f"/download?{size}").body
            assert hashlib.sha256(body).digest() == hashlib.sha256(b"x" * size).digest()
