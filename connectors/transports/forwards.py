"""Whether a login node forwards connections to other hosts."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class ProbesForwards(Protocol):
    """A transport that can try a forwarded connection."""

    def probe_forward(self, host: str, port: int, timeout: float) -> str:
        """Why the login node forwards no connection to that host and port, or an empty string where
        it does, be it that the connection is refused there. ``timeout``: seconds. Raises
        ``TransportError``."""
        ...
