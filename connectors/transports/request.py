"""A command on its way through a transport, and the errors that say how far it came."""

import threading
from dataclasses import dataclass

from connectors.transports.framing import Frame
from dssr.errors import CommandTimeout, ConnectFailed
from dssr.seams import Purpose, Sink


@dataclass(frozen=True)
class Request:
    """A framed command to run until ``deadline``, if a channel for it is free until ``patience``
    (both ``time.monotonic``). ``silence``: seconds without output after which the connection must
    prove that it is alive."""

    framed: Frame
    deadline: float
    patience: float
    silence: float = threading.TIMEOUT_MAX
    purpose: Purpose = Purpose.SUBMIT
    sink: Sink | None = None


class NoChannel(ConnectFailed):
    """The connection gives no channel; no command was sent."""


class ChannelTimeout(ConnectFailed):
    """The connection is open, but gave no channel in time; no command was sent."""


class ConnectionLost(CommandTimeout):
    """The connection does not answer; a command that was sent on it may or may not have run."""
