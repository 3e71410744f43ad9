"""A transport carries commands to the machine on which the scheduler's commands run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


@dataclass(frozen=True)
class Completed:
    """An ended command. ``returncode``: its exit code, or minus the signal that ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes


class Purpose(IntEnum):
    """What a command is for. Where commands wait for each other, the smallest number goes first.

    A command for ``UPLOAD`` reads exactly its input, whatever comes of it, and nothing behind that:
    megabytes need no process that counts them.
    """

    CANCEL = 0
    SUBMIT = 1
    STATUS = 2
    OUTPUT = 3
    UPLOAD = 4


# Takes output as it arrives: the place of its first byte, and the bytes. Where a command is sent
# again, they come from the first byte on again.
Sink = Callable[[int, bytes], None]
# Commands that only read: they may be sent again after a lost answer.
REPEATABLE = frozenset({Purpose.STATUS, Purpose.OUTPUT})


class Transport(Protocol):
    """Carries commands to one place, which may be several machines with the same commands."""

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        """Run one command there and return how it ended, exit codes other than 0 included.

        The words of ``argv`` arrive exactly as they are (no shell sees them unquoted). ``input``
        arrives byte for byte on the command's stdin, which is empty without it. What login shells
        print is in neither stream. ``timeout``: seconds for everything, connecting included. A
        command whose purpose is not ``REPEATABLE`` is sent once at most. ``sink``: takes what the
        command prints on stdout, of which the answer has nothing then.

        Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused`` (nothing ran),
        ``CommandTimeout`` (it may have run, and may still run; or it has left some of its input,
        for ``Purpose.UPLOAD``), ``BadRequest`` for a word with a NUL, which no command can receive.
        """
        ...

    def close(self) -> None:
        """Close all connections. May be called twice; ``run`` raises ``ConnectFailed`` then."""
        ...
