"""A channel of paramiko as the streams of a remote shell."""

import contextlib

import paramiko

from connectors.transports.framing import Answer
from connectors.transports.ssh.paramiko_internals import ERRORS, has_ended, watch_arrivals

_PIECE = 1 << 20  # bytes read at once: no packet has more


class ChannelStream:
    """See ``connectors.transports.remote_shell.Stream``."""

    errors = ERRORS

    def __init__(self, channel: paramiko.Channel) -> None:
        """``channel``: a new one, on which the shell is started next."""
        self._channel = channel
        self._arrival = watch_arrivals(channel)

    @property
    def closed(self) -> bool:
        """See ``Stream``."""
        return has_ended(self._channel)

    def close(self) -> None:
        """See ``Stream``."""
        with contextlib.suppress(*ERRORS):
            self._channel.close()

    def wait(self, timeout: float) -> bool:
        """See ``Stream``."""
        return self._arrival.wait(timeout)

    def read(self, answer: Answer) -> bool:
        """See ``Stream``."""
        self._arrival.clear()
        ended = self.closed  # before the read, which then takes all that there will be
        while piece := self._channel.recv(_PIECE):
            answer.stdout.feed(piece)
        while piece := self._channel.recv_stderr(_PIECE):
            answer.stderr.feed(piece)
        return ended

    def send(self, data: memoryview, timeout: float) -> int:
        """See ``Stream``."""
        self._channel.settimeout(timeout)
        return self._channel.send(data)  # type: ignore[arg-type]  # takes any buffer
