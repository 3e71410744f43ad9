"""A channel of paramiko as the streams of a remote shell."""

import contextlib

import paramiko

from connectors.transports.framing import Answer
from connectors.transports.ssh.paramiko_internals import ERRORS, has_ended, watch_arrivals

# Bytes read at once: more than a window, since paramiko moves the rest of what has arrived.
_PIECE = 4 << 20


class ChannelStream:
    """See ``connectors.transports.remote_shell.Stream``."""

    errors = ERRORS

    def __init__(self, channel: paramiko.Channel) -> None:
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
        self._arrival.reset()
        ended = self.closed  # before the read, which then takes all that there will be
        while self._channel.recv_ready():
            answer.stdout.feed(self._channel.recv(_PIECE))
        while self._channel.recv_stderr_ready():
            answer.stderr.feed(self._channel.recv_stderr(_PIECE))
        return ended

    def send(self, data: bytes, timeout: float) -> int:
        """See ``Stream``."""
        self._channel.settimeout(timeout)
        return self._channel.send(data)
