"""An SSH agent in this process: ``ssh`` logs in with keys that are on no disk."""

import contextlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from connectors.transports.forwarding.agent_protocol import LONGEST, AgentKey, answer, framed
from connectors.transports.keys import PrivateKey

_PATIENCE = 180.0  # seconds for the next question of a client, which may wait for its user
_AGAIN = 0.1  # seconds after a connection that could not be taken


class Agent:
    """Listens on a Unix socket, in a folder that no other user can enter."""

    def __init__(self, path: Path, keys: Sequence[PrivateKey]) -> None:
        self._keys = [AgentKey.of(key) for key in keys]
        self._closed = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, name="ssh agent", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # no file can be opened now
                self._closed.wait(_AGAIN)
                continue
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        accepted.settimeout(_PATIENCE)
        with accepted, contextlib.suppress(OSError), accepted.makefile("rb") as file:
            while len(head := file.read(4)) == 4:
                if (length := int.from_bytes(head, "big")) > LONGEST:
                    return
                accepted.sendall(framed(answer(file.read(length), self._keys)))
