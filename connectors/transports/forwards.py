"""Whether a login node forwards connections to other hosts: sites prohibit that, and it must not
look like a service that is down."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable


class Forwarding(Enum):
    """What became of a connection that the login node was to make for us."""

    OPEN = "open"
    PROHIBITED = "prohibited"  # by its sshd
    UNREACHABLE = "unreachable"  # it is allowed, and the place does not take the connection


@dataclass(frozen=True)
class Probe:
    """What was found out. ``words``: the reason, in the host's words; empty for ``OPEN``."""

    forwarding: Forwarding
    words: str = ""


@runtime_checkable
class ProbesForwards(Protocol):
    """A transport that can try a forwarded connection."""

    def probe_forward(self, host: str, port: int, timeout: float) -> Probe:
        """Whether the login node would forward a connection to that place, which sees one without
        data. ``timeout``: seconds. Raises ``TransportError`` where it cannot be asked."""
        ...
