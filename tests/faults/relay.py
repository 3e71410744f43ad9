"""A TCP relay between the bridge and the login node, which misbehaves on demand."""

import contextlib
import queue
import socket
import threading
import time
from dataclasses import dataclass
from typing import Literal

Way = Literal["up", "down"]  # up: towards the login node
_PIECE = 1 << 16
_Pieces = queue.SimpleQueue[tuple[float, bytes]]  # when each is due; an empty one is the end


@dataclass
class _Fault:
    way: Way
    left: int  # bytes that are still carried in that direction
    stall: bool


class Relay:
    """Listens on a free port of the loopback interface, and carries data to ``host``:``port`` and
    back.

    :ivar carried: the bytes carried so far, by direction.
    :ivar connections: how many clients have connected.
    :ivar delay: seconds that each piece waits before it is carried. Pieces wait at the same time,
        so the link is longer but not slower.
    :ivar struck: set once the planned fault has happened.
    """

    def __init__(self, host: str, port: int, delay: float = 0.0) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._fault: _Fault | None = None
        self._sockets: list[socket.socket] = []
        self.carried: dict[Way, int] = {"up": 0, "down": 0}
        self.delay = delay
        self.connections = 0
        self.struck = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def __enter__(self) -> "Relay":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cut(self, way: Way, after: int) -> None:
        """Close every connection once ``after`` more bytes were carried that way (0: when the next
        one would be)."""
        self._plan(_Fault(way, after, stall=False))

    def stall(self, way: Way, after: int) -> None:
        """The same, but the connection stays open and carries nothing more in either direction; new
        connections work."""
        self._plan(_Fault(way, after, stall=True))

    def cut_now(self) -> None:
        """Close every connection."""
        with self._lock:
            doomed, self._sockets = self._sockets, []
        for end in doomed:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def relent(self) -> None:
        """No fault is planned any more."""
        with self._lock:
            self._fault = None

    def refuse(self) -> None:
        """Close every connection, and refuse new ones until ``listen``."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_now()

    def listen(self) -> None:
        """Take connections again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Close all sockets."""
        self.relent()
        self.refuse()

    def _plan(self, fault: _Fault) -> None:
        with self._lock:
            self.struck.clear()
            self._fault = fault

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target, 10)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets += [near, far]
            self.connections += 1
        mute = threading.Event()
        threading.Thread(target=self._carry, args=(near, far, "up", mute), daemon=True).start()
        threading.Thread(target=self._carry, args=(far, near, "down", mute), daemon=True).start()

    def _carry(
        self, source: socket.socket, sink: socket.socket, way: Way, mute: threading.Event
    ) -> None:
        pieces: _Pieces = queue.SimpleQueue()
        threading.Thread(
            target=self._deliver, args=(pieces, source, sink, way, mute), daemon=True
        ).start()
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                pieces.put((time.monotonic() + self.delay, piece))
        pieces.put((time.monotonic() + self.delay, b""))

    def _deliver(
        self,
        pieces: _Pieces,
        source: socket.socket,
        sink: socket.socket,
        way: Way,
        mute: threading.Event,
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, piece = pieces.get()
                if self.delay:
                    time.sleep(max(0.0, due - time.monotonic()))
                if not piece:
                    break
                self._send(piece, sink, way, mute)
        for end in (source, sink):  # one side has gone: so does the other
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _send(self, piece: bytes, sink: socket.socket, way: Way, mute: threading.Event) -> None:
        while piece and not mute.is_set():
            taken, fault = self._take(way, len(piece))
            sink.sendall(piece[:taken])
            piece = piece[taken:]
            if fault:
                self._strike(fault, mute)

    def _take(self, way: Way, offered: int) -> tuple[int, _Fault | None]:
        """How many of the bytes are carried now, and the fault that strikes after them."""
        with self._lock:
            fault = self._fault if self._fault and self._fault.way == way else None
            taken = min(offered, fault.left) if fault else offered
            self.carried[way] += taken
            if fault is None or fault.left > taken:
                if fault:
                    fault.left -= taken
                return taken, None
            self._fault = None
            return taken, fault

    def _strike(self, fault: _Fault, mute: threading.Event) -> None:
        mute.set()
        if not fault.stall:
            self.cut_now()
        self.struck.set()
