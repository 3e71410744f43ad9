"""Programs that a service may run, each on a Unix socket, in threads of the test's process."""

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

_BLOCK = b"x" * (64 << 10)


class WebProgram(BaseHTTPRequestHandler):
    """An HTTP server that keeps connections; each path is one way to answer."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        """Answer."""
        path, _, words = self.path.partition("?")
        do = getattr(self, f"_{path.strip('/').replace('-', '_') or 'whoami'}", None)
        self.server.requests.append(f"{self.command} {self.path}")
        if do is None:
            return self._send(b"", 404)
        do(words)
        return None

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _send(self, body: bytes, status: int = 200, **fields: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _whoami(self, _: str) -> None:
        self._send(self.server.name.encode())

    def _fields(self, words: str) -> None:
        fields = [[name, value] for name, value in self.headers.items()]
        self._send(json.dumps({"fields": fields, "query": words}).encode())

    def _error(self, _: str) -> None:
        self._send(b"", 500)

    def _hang(self, words: str) -> None:
        self.server.hanging.wait(float(words or 60))
        self._send(self.server.name.encode())

    def _slow(self, _: str) -> None:
        """As slow as the test says."""
        self.server.hanging.wait(self.server.delay)
        self._send(b"")

    def _dead(self, _: str) -> None:
        self.close_connection = True  # without an answer

    def _download(self, words: str) -> None:
        size = int(words)
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for begin in range(0, size if self.command != "HEAD" else 0, len(_BLOCK)):
            self.wfile.write(_BLOCK[: size - begin])

    def _endless(self, words: str) -> None:
        """Without a length: the end of the connection ends it."""
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"y" * int(words))

    def _chunks(self, words: str) -> None:
        self._chunked()
        for size in words.split(","):
            self._chunk(b"z" * int(size))
        self._chunk(b"")

    def _upload(self, _: str) -> None:
        left, found = int(self.headers["Content-Length"]), 0
        while left > found and (part := self.rfile.read1(min(1 << 20, left - found))):
            found += len(part)
        self._send(str(found).encode())

    def _events(self, words: str) -> None:
        """Server-sent events, one each time that the test says so, or as many seconds after the
        one before as the second word says; the first one says how many."""
        count, _, seconds = words.partition(",")
        self._chunked(Content_Type="text/event-stream")
        for number in range(int(count)):
            self._chunk(f"data: {number}\n\n".encode())
            self.server.ticks.acquire(timeout=float(seconds or self.server.delay or 60))
        self._chunk(b"")

    def _chunked(self, **fields: str) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()


class Program:
    """What all requests to a web program share.

    :ivar requests: those that came.
    :ivar hanging: ends the waiting of ``/hang`` and ``/slow``, which takes ``delay`` seconds.
    :ivar ticks: each lets one event of ``/events`` go.
    """

    def __init__(self, *arguments: Any) -> None:
        self.name = "first"
        self.requests: list[str] = []
        self.hanging = threading.Event()
        self.delay = 0.0
        self.ticks = threading.Semaphore(0)
        super().__init__(*arguments)


class UnixProgram(Program, socketserver.ThreadingUnixStreamServer):
    """A web program on a Unix socket."""

    daemon_threads = True
    request_queue_size = 300

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(str(path), WebProgram)

    def get_request(self) -> Any:
        accepted, _ = super().get_request()
        return accepted, ("unix", 0)


@contextmanager
def web_program(path: Path, name: str = "first") -> Iterator[UnixProgram]:
    """An HTTP program on that socket, which ends with the block."""
    server = UnixProgram(path)
    server.name = name
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.hanging.set()
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)


@contextmanager
def raw_program(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A program that speaks no HTTP: ``serve`` has a thread for each connection."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(300)

    def accept() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_served, args=(serve, accepted), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        path.unlink(missing_ok=True)


def _served(serve: Callable[[socket.socket], None], accepted: socket.socket) -> None:
    with accepted:
        try:
            serve(accepted)
        except OSError:
            time.sleep(0)  # the client has gone


def echo(accepted: socket.socket) -> None:
    """Send back what comes, until the client has sent everything."""
    while part := accepted.recv(1 << 16):
        accepted.sendall(part)


def count(accepted: socket.socket) -> None:
    """Read everything, then say how many bytes came."""
    total, buffer = 0, bytearray(1 << 20)
    while read := accepted.recv_into(buffer):
        total += read
    accepted.sendall(str(total).encode())
