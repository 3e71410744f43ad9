"""What has passed through a front, as ``status`` shows it. Pure."""

from dataclasses import dataclass


@dataclass
class Counters:
    """Connections and bytes since the front's start.

    :ivar refused: connections of other users.
    :ivar held: connections or requests that waited for a target.
    :ivar unserved: those among them that waited in vain.
    :ivar repeated: requests that were sent again, because their first connection ended.
    :ivar cut: connections that were still open when the drain of their target ended.
    """

    connections: int = 0
    open: int = 0
    refused: int = 0
    held: int = 0
    unserved: int = 0
    repeated: int = 0
    cut: int = 0
    bytes_in: int = 0  # from clients
    bytes_out: int = 0  # to clients
