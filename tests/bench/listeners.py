"""A thousand clients that listen to server-sent events, in one thread."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

EACH = 60  # listeners of one address, which is a caller where callers have no credentials


class Listeners:
    """Connections on which events arrive. ``last``: when the last event came to each of them that
    has got one; ``dropped``: how many the server has closed."""

    def __init__(self, connections: list[socket.socket]) -> None:
        self._connections = connections
        self._ended = threading.Event()
        self.last: dict[socket.socket, float] = {}
        self.dropped = 0

    def run(self) -> None:
        """Read until ``stop``."""
        with selectors.DefaultSelector() as selector:
            for connection in self._connections:
                selector.register(connection, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in selector.select(0.2):
                    if not self._read(key.fileobj):  # type: ignore[arg-type]
                        selector.unregister(key.fileobj)
                        self.dropped += 1

    def stop(self) -> None:
        """Have ``run`` return."""
        self._ended.set()

    def reached(self, since: float, patience: float) -> float:
        """Seconds from ``since`` until every listener has got an event after it."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            times = [at for at in dict(self.last).values() if at >= since]
            if len(times) == len(self._connections):
                return max(times) - since
            time.sleep(0.05)
        raise AssertionError(f"{len(times)} of {len(self._connections)} listeners got the event")

    def _read(self, connection: socket.socket) -> bool:
        part = connection.recv(1 << 16)
        if b"event: job" in part:
            self.last[connection] = time.monotonic()
        return bool(part)


@contextmanager
def listening(url: str, path: str, count: int, cookies: Sequence[str] = ()) -> Iterator[Listeners]:
    """So many listeners, each of which has the headers of its response.

    ``cookies``: of the portal's sessions, each for ``EACH`` listeners.
    """
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with ExitStack() as opened:
        connections = []
        for number in range(count):
            source, cookie = f"127.0.1.{1 + number // EACH}", ""
            if cookies:
                cookie = f"Cookie: {cookies[number // EACH]}\r\n"
            one = opened.enter_context(
                socket.create_connection((host, port), 30, source_address=(source, 0))
            )
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\n".encode())
            head = one.recv(4096)
            assert head.startswith(b"HTTP/1.1 200 "), head
            connections.append(one)
        listeners = Listeners(connections)
        thread = threading.Thread(target=listeners.run)
        thread.start()
        try:
            yield listeners
        finally:
            listeners.stop()
            thread.join()
