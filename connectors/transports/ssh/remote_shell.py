"""A long-lived remote ``/bin/sh`` that runs one framed command after the other."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import paramiko

from connectors.transports.framing import Answer, Frame
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import ERRORS, has_ended, watch_arrivals
from dssr.errors import CommandTimeout
from dssr.seams import Purpose

_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing that the bridge asks for comes near it
_PIECE = 1 << 20  # bytes read at once: no packet has more
_PACKET = 1 << 15  # bytes sent at once: no packet has more
_LOOK = 0.05  # seconds for which input that is not taken waits until output is read


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


class RemoteShell:
    """The shell on one channel. ``used``: when it was last given back (``time.monotonic``)."""

    def __init__(self, channel: paramiko.Channel, login: Login, prelude: bytes) -> None:
        """``channel``: a new one, on which the shell is started next. ``prelude``: shell text that
        it runs first."""
        self._channel, self._login, self._unsent = channel, login, prelude
        self._arrival = watch_arrivals(channel)
        self.used = time.monotonic()

    @property
    def closed(self) -> bool:
        """Whether no further command can run here."""
        return has_ended(self._channel)

    def close(self) -> None:
        """Close the channel. A command that runs there may go on."""
        with contextlib.suppress(*ERRORS):
            self._channel.close()

    def ask(self, request: Request, assert_alive: Callable[[float], None]) -> Answer:
        """Send one framed command and read both streams to the frame's end.

        ``assert_alive(deadline)`` is called once after ``request.silence`` and raises when the
        connection does not answer. Raises ``CommandTimeout``: the command may or may not have run.
        """
        answer, deadline = Answer(request.framed), request.deadline
        with _translated_errors(self._login):
            self._send(self._unsent + request.framed.text, deadline)
            self._unsent, input = b"", memoryview(request.framed.input)
            check_at = time.monotonic() + request.silence
            while not answer.complete:
                until = min(check_at, deadline)
                if input and answer.stdout.has_begun:
                    input = input[self._offer(input, deadline) :]
                elif (
                    not self._arrival.wait(max(0.0, until - time.monotonic())) and until < deadline
                ):
                    assert_alive(deadline)
                    check_at = deadline
                self._left(deadline)
                self._arrival.clear()
                ended = self.closed  # before the read: then the read takes all that there will be
                self._read(answer)
                if ended and not answer.complete:
                    raise CommandTimeout(
                        f"{self._login} ended the session before a command had ended, which may "
                        f"or may not have run{answer.other_output}."
                    )
        return answer

    def _send(self, text: bytes, deadline: float) -> None:
        rest = memoryview(text)
        while rest:
            self._channel.settimeout(self._left(deadline))
            rest = rest[self._channel.send(bytes(rest[:_PACKET])) :]

    def _offer(self, input: memoryview, deadline: float) -> int:
        """Send some of the input; returns how many bytes. A command may take none until what it
        has printed is read."""
        self._channel.settimeout(min(_LOOK, self._left(deadline)))
        try:
            return self._channel.send(bytes(input[:_PACKET]))
        except TimeoutError:
            return 0

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CommandTimeout(
                f"{self._login} did not finish a command in time: it may or may not have run."
            )
        return left

    def _read(self, answer: Answer) -> None:
        """Take what has arrived on both streams: read one after the other, two large ones hang."""
        while self._channel.recv_ready():
            answer.stdout.feed(self._channel.recv(_PIECE))
        while self._channel.recv_stderr_ready():
            answer.stderr.feed(self._channel.recv_stderr(_PIECE))
        if answer.stdout.size + answer.stderr.size > _MAX_OUTPUT:
            raise CommandTimeout(
                f"A command on {self._login} printed more than {_MAX_OUTPUT >> 20} MB and was "
                "given up."
            )


@contextlib.contextmanager
def _translated_errors(login: Login) -> Iterator[None]:
    """Turn errors of paramiko and the network into ``CommandTimeout``: while a command runs, each
    of them leaves its outcome unknown."""
    try:
        yield
    except ERRORS as error:
        reason = str(error) or "connection closed"
        if isinstance(error, TimeoutError):
            reason = "it took no more input"
        raise CommandTimeout(
            f"The connection to {login} broke while a command ran ({reason}): it may or may not "
            "have run."
        ) from error
