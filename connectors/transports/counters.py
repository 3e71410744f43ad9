"""What a transport has asked of the login nodes, counted for logs and metrics."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dssr.seams import Figure


@dataclass(frozen=True)
class Counters:
    """Since the transport was made: SSH handshakes begun (those with jump hosts too), sessions
    asked for, and commands sent or tried."""

    connections: int = 0
    channels: int = 0
    commands: int = 0

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        rows = [
            ("dssr_ssh_connections_total", "SSH handshakes begun", self.connections),
            ("dssr_ssh_channels_total", "SSH sessions asked for", self.channels),
            (
                "dssr_ssh_commands_total",
                "Commands sent to the login nodes, or tried to",
                self.commands,
            ),
        ]
        return [Figure(name, about, value, "counter") for name, about, value in rows]


class UsageCounter:
    """Counts from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters = Counters()

    @property
    def counters(self) -> Counters:
        """As of now."""
        return self._counters

    def count_connection(self) -> None:
        """Count an SSH handshake."""
        with self._lock:
            self._counters = replace(self._counters, connections=self._counters.connections + 1)

    def count_channel(self) -> None:
        """Count a request for a session."""
        with self._lock:
            self._counters = replace(self._counters, channels=self._counters.channels + 1)

    def count_command(self) -> None:
        """Count a command."""
        with self._lock:
            self._counters = replace(self._counters, commands=self._counters.commands + 1)
