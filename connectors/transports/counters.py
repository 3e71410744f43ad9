"""What a transport has asked of the login nodes: counted, for logs and benchmarks. Pure."""

import threading
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Counters:
    """Since the transport was made."""

    connections: int = 0  # SSH handshakes begun, those with jump hosts included
    channels: int = 0  # sessions asked for
    commands: int = 0  # commands sent, or tried to


class Tally:
    """Counts from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters = Counters()

    @property
    def counters(self) -> Counters:
        """As of now."""
        return self._counters

    def connection(self) -> None:
        """One more connection."""
        with self._lock:
            self._counters = replace(self._counters, connections=self._counters.connections + 1)

    def channel(self) -> None:
        """One more channel."""
        with self._lock:
            self._counters = replace(self._counters, channels=self._counters.channels + 1)

    def command(self) -> None:
        """One more command."""
        with self._lock:
            self._counters = replace(self._counters, commands=self._counters.commands + 1)
