"""What arrives on a connection, without copies: the bytes of files are most of it."""

import threading
from collections import deque
from typing import Any

_AHEAD = 256 << 10  # bytes that are read from a socket at once
# Bytes that arrive before their reader wakes up: for each packet, it would take longer than to read
# them. What ends with a new line may be all that is to come.
_BURST = 256 << 10
_SMALL = 8 << 10  # bytes of a packet that has few others behind it


class ReadAheadSocket:
    """A socket from which as much is read as has arrived: paramiko asks for a packet's first bytes,
    and then for the others."""

    def __init__(self, sock: Any) -> None:
        """``sock``: a socket, or what behaves as one."""
        self._socket, self._ahead, self._at = sock, b"", 0
        self.send = sock.send  # which each packet needs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv(self, size: int) -> bytes:
        """As a socket's, for one thread."""
        if self._at == len(self._ahead):
            self._ahead, self._at = self._socket.recv(_AHEAD), 0
        taken = self._ahead[self._at : self._at + size]
        self._at += len(taken)
        return taken


class Arrivals:
    """What has arrived on one stream of a channel, as packets. paramiko's own buffer joins them and
    takes them apart again.

    It is used as paramiko uses its own, by one thread that feeds it and one that reads it.
    ``event``: set when there is something to read.
    """

    def __init__(self, event: threading.Event) -> None:
        self._event, self._pieces = event, deque[bytes]()
        self._unannounced = 0  # bytes

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._pieces.append(data)
        self._unannounced += len(data)
        if len(data) <= _SMALL or data.endswith(b"\n") or self._unannounced >= _BURST:
            self._unannounced = 0
            self._event.set()

    def read(self, size: int, timeout: float | None = None) -> bytes:
        """At most ``size`` bytes; none where there are none. It never waits."""
        if not self._pieces:
            return b""
        piece = self._pieces.popleft()
        if len(piece) > size:
            self._pieces.appendleft(piece[size:])
        return piece[:size]

    def close(self) -> None:
        """Nothing more will arrive."""
        self._event.set()
