"""An SSH server for one test."""

import contextlib
import socket
import threading
from abc import ABC, abstractmethod

import paramiko


class Listening(ABC):
    """Listens on a free port of the loopback interface; each connection has a thread.

    :ivar visits: the number of connections so far.
    """

    def __init__(self) -> None:
        """Starts to listen: ``_serve`` is called for each connection."""
        self.visits = 0
        self._open: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End the server and its connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._open:
            transport.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.visits += 1
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _begin(self, near: socket.socket) -> paramiko.Transport:
        """Speak SSH on the connection; ``close`` ends it."""
        self._open.append(paramiko.Transport(near))
        return self._open[-1]

    @abstractmethod
    def _serve(self, near: socket.socket) -> None:
        """Answer one connection."""
