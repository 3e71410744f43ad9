"""A long-lived remote ``/bin/sh`` that runs one framed command after the other."""

import contextlib
import time
from collections.abc import Callable
from typing import Protocol

from connectors.transports.framing import Answer
from connectors.transports.request import Request
from dssr.errors import CommandTimeout

_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing that the bridge asks for comes near it
_PACKET = 1 << 15  # bytes sent at once: no packet of SSH has more
_LOOK = 0.05  # seconds for which input that is not taken waits until output is read


class Stream(Protocol):
    """The three streams of a remote shell."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its methods raise when the connection has broken."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the shell has ended."""
        ...

    def close(self) -> None:
        """Give the channel back. A command that runs there may go on."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait until there may be something to read, or the shell has ended; returns whether."""
        ...

    def read(self, answer: Answer) -> bool:
        """Take what has arrived on both output streams: read one after the other, two large ones
        hang. Returns whether that was all: nothing more will arrive."""
        ...

    def send(self, data: memoryview, timeout: float) -> int:
        """Send some of this; returns how many bytes. Raises ``TimeoutError``."""
        ...


class RemoteShell:
    """The shell on one channel. ``used``, ``is_for_one``: see ``Pooled``."""

    def __init__(self, stream: Stream, name: str, prelude: bytes, is_for_one: bool = False) -> None:
        """``name``: of the login, for errors. ``prelude``: shell text that the shell runs
        first."""
        self._stream, self._name, self._unsent = stream, name, prelude
        self.used, self.is_for_one = time.monotonic(), is_for_one

    @property
    def closed(self) -> bool:
        """Whether no further command can run here."""
        return self._stream.closed

    def close(self) -> None:
        """Close the channel. A command that runs there may go on."""
        self._stream.close()

    def ask(self, request: Request, assert_alive: Callable[[float], None]) -> Answer:
        """Send one framed command and read both streams to the frame's end.

        ``assert_alive(deadline)`` is called once after ``request.silence`` and raises when the
        connection does not answer. Raises ``CommandTimeout``: the command may or may not have run.
        """
        answer = Answer(request.framed, request.sink)
        try:
            self._ask(request, answer, assert_alive)
        except self._stream.errors as error:
            if self._stream.closed:
                self._read_rest(answer)
            reason = str(error) or "connection closed"
            if isinstance(error, TimeoutError):
                reason = "it took no more input"
            raise CommandTimeout(
                f"The connection to {self._name} broke while a command ran ({reason}): it may or "
                "may not have run."
            ) from error
        return answer

    def _ask(self, request: Request, answer: Answer, assert_alive: Callable[[float], None]) -> None:
        deadline = request.deadline
        self._send(self._unsent + request.framed.text, deadline)
        self._unsent = b""
        pieces = (request.framed.input, request.framed.after)
        input = [memoryview(piece) for piece in pieces if piece]
        check_at = time.monotonic() + request.silence
        while not answer.complete:
            until = min(check_at, deadline)
            if input and answer.stdout.has_begun:
                rest = input[0][self._offer(input[0], deadline) :]
                input[:1] = [rest] if rest else []
            elif not self._stream.wait(max(0.0, until - time.monotonic())) and until < deadline:
                assert_alive(deadline)
                check_at = deadline
            self._left(deadline)
            self._read(answer)

    def _send(self, text: bytes, deadline: float) -> None:
        rest = memoryview(text)
        while rest:
            rest = rest[self._stream.send(rest[:_PACKET], self._left(deadline)) :]

    def _offer(self, input: memoryview, deadline: float) -> int:
        """Send some of the input; returns how many bytes. A command may take none until what it
        has printed is read."""
        try:
            return self._stream.send(input[:_PACKET], min(_LOOK, self._left(deadline)))
        except TimeoutError:
            return 0

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CommandTimeout(
                f"{self._name} did not finish a command in time: it may or may not have run."
            )
        return left

    def _read(self, answer: Answer) -> None:
        if self._stream.read(answer) and not answer.complete:
            raise self._ended(answer)
        if answer.stdout.size + answer.stderr.size > _MAX_OUTPUT:
            raise CommandTimeout(
                f"A command on {self._name} printed more than {_MAX_OUTPUT >> 20} MB and was "
                "given up."
            )

    def _read_rest(self, answer: Answer) -> None:
        """A shell that ends while it is sent a command, such as one that refuses a login, has said
        why before."""
        with contextlib.suppress(*self._stream.errors):
            self._stream.read(answer)
        if answer.other_output:
            raise self._ended(answer)

    def _ended(self, answer: Answer) -> CommandTimeout:
        return CommandTimeout(
            f"{self._name} ended the session before a command had ended, which may or may not "
            f"have run{answer.other_output}."
        )
