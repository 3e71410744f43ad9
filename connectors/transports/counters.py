"""What a transport has asked of the login nodes: counted, for logs and benchmarks. Pure."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dssr.seams import Figure


@dataclass(frozen=True)
class Counters:
    """Since the transport was made."""

    connections: int = 0  # SSH handshakes begun, those with jump hosts included
    channels: int = 0  # sessions asked for
    commands: int = 0  # commands sent, or tried to

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        return [
            Figure(
                "dssr_ssh_connections_total", "SSH handshakes begun", self.connections, "counter"
            ),
            Figure("dssr_ssh_channels_total", "SSH sessions asked for", self.channels, "counter"),
            Figure(
                "dssr_ssh_commands_total",
                "Commands sent to the login nodes, or tried to",
                self.commands,
                "counter",
            ),
        ]


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
