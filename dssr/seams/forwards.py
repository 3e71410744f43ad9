"""Ways from this machine to ports inside of the cluster."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Forwards(Protocol):
    """Forwards that last until they are closed, whatever happens to the connection below them.

    The class is made with its settings (a mapping, as JSON has it) and a folder of its own that no
    other user can enter. Safe to use from many threads.
    """

    def open(self, host: str, port: int) -> Path:
        """A local Unix socket that leads to that port, as seen from the login node.

        The path stays the same until ``close``; while the connection below is lost, nothing listens
        on it. That it exists proves nothing of the port itself: ``refusal`` says what became of a
        connection.

        Raises ``TransportError`` while there is no connection, ``Refused`` if this forward cannot
        be made.
        """
        ...

    def close(self, host: str, port: int) -> None:
        """Take no new connections; open ones go on. Does nothing for an unknown one."""
        ...

    def refusal(self, since: float) -> str:
        """Why the last connection that was refused since that moment of ``time.monotonic`` was
        refused, as a sentence; '' if none was. What the site forbids is called forbidden."""
        ...

    def status(self) -> Mapping[str, Any]:
        """Where the connection leads, since when, and the last error, for people to read."""
        ...

    def stop(self) -> None:
        """End all forwards and the connections through them. May be called twice."""
        ...
