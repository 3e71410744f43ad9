"""What a transport has asked of the login nodes, counted for logs and metrics."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

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
    """Counts from many threads. Who adds to a figure holds the ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connections = self.channels = self.commands = 0

    @property
    def counters(self) -> Counters:
        """As of now."""
        with self.lock:
            return Counters(self.connections, self.channels, self.commands)
