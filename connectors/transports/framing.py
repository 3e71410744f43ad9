"""How one command goes to a remote ``/bin/sh`` over its stdin, and how its answer is found among what else is printed. Pure.

The login shell only ever sees the constant ``exec /bin/sh``: it may be tcsh, where even single quotes do not protect ``!`` and
newlines. That shell reads framed commands one after the other. A frame is one compound command: if the connection breaks while
it is on its way, the shell meets the end of its input inside the braces and runs none of it.
"""

import base64
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dssr.errors import BadRequest

LOGIN_COMMAND = "exec /bin/sh"


@dataclass(frozen=True)
class Frame:
    """One command on its way: ``text`` to send, and the mark that surrounds its answer on both streams."""

    text: bytes
    mark: str

    @property
    def begin(self) -> bytes:
        """The line that precedes the command's own output, on stdout and on stderr."""
        return f"\n<{self.mark}\n".encode()

    @property
    def end(self) -> bytes:
        """The line that follows it; on stdout the exit code stands between this and a newline."""
        return f"\n>{self.mark} ".encode()


def frame(argv: Sequence[str], input: bytes | None = None) -> Frame:
    """Frame a command. Raises ``BadRequest`` for a word that no command can receive (``check_words``)."""
    check_words(argv)
    mark = secrets.token_hex(16)  # unguessable: no output can end the frame early
    text = (
        f"{{ printf '\\n<%s\\n' {mark}; printf '\\n<%s\\n' {mark} >&2\n"
        f"{command(argv, input, mark)}"
        f"dssr_rc=$?; printf '\\n>%s %d\\n' {mark} $dssr_rc; printf '\\n>%s \\n' {mark} >&2\n}}\n"
    )
    return Frame(text.encode("utf-8", "surrogateescape"), mark)


def check_words(argv: Sequence[str]) -> None:
    """Raise ``BadRequest`` for a word with a NUL, or with half of a surrogate pair that stands for no byte."""
    for word in argv:
        if "\0" in word:
            raise BadRequest(
                f"A NUL character cannot be part of a command: leave it out of {word[:40]!r}."
            )
        try:
            word.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise BadRequest(
                f"{word[:40]!r} holds half of a surrogate pair, which is no character."
            ) from None


class Stream:
    """One stream of a remote shell, on which a framed answer arrives in pieces."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._received = bytearray()
        self._end = -1

    def feed(self, piece: bytes) -> None:
        """Take what has arrived."""
        seen = max(0, len(self._received) - len(self._frame.end))
        self._received += piece
        if self._end < 0:
            self._end = self._received.find(self._frame.end, seen)

    def __len__(self) -> int:
        return len(self._received)

    @property
    def before(self) -> bytes:
        """What came before the command's begin mark: banners, or why a login shell refused to start."""
        return bytes(self._received.partition(self._frame.begin)[0])

    @property
    def tail(self) -> bytes | None:
        """What stands on the line behind the end mark, or ``None`` while that line is not complete."""
        begin = self._end + len(self._frame.end)
        line_end = self._received.find(b"\n", begin) if self._end >= 0 else -1
        return bytes(self._received[begin:line_end]) if line_end >= 0 else None

    @property
    def inside(self) -> bytes:
        """What the command itself printed; whatever came before its begin mark (banners) is left out."""
        begin = self._received.find(self._frame.begin)
        return (
            bytes(self._received[begin + len(self._frame.begin) : self._end])
            if 0 <= begin < self._end
            else b""
        )


class Answer:
    """A framed command's answer on both streams of a remote shell."""

    def __init__(self, frame: Frame) -> None:
        self.stdout, self.stderr = Stream(frame), Stream(frame)

    @property
    def complete(self) -> bool:
        """Whether both streams have come to the frame's end."""
        return self.stdout.tail is not None and self.stderr.tail is not None

    @property
    def last_words(self) -> str:
        """What the far side said instead of running the command, for an error; empty if it said nothing."""
        said = " ".join(
            (self.stdout.before + b" " + self.stderr.before).decode("utf-8", "replace").split()
        )
        return f"; it said: {said[-200:]!r}" if said else ""

    @property
    def returncode(self) -> int:
        """The command's exit code, or minus its signal."""
        return exit_code(int(self.stdout.tail or b"0"))


def command(argv: Sequence[str], data: bytes | None, mark: str) -> str:
    """The command as a ``/bin/sh`` reads it, with ``data`` on its stdin. ``mark``: a word that stands nowhere in the data."""
    run = _run(argv)
    if data is None:
        return f"{run} </dev/null\n"
    if data.endswith(b"\n") and b"\0" not in data:
        return f"{run} <<'{mark}'\n{data.decode('utf-8', 'surrogateescape')}{mark}\n"
    encoded = base64.encodebytes(data).decode()
    return f"base64 -d <<'{mark}' | {run}\n{encoded}{mark}\n"


def exit_code(code: int) -> int:
    """A shell's ``$?`` as ``Completed.returncode``."""
    # sh(1): a command ended by signal N reports 128+N; there are 64 signals, and exit codes beyond them.
    return 128 - code if 128 < code <= 192 else code


def _run(argv: Sequence[str]) -> str:
    """A program for ``/bin/sh`` needs no new process: the shell that reads this runs it in a subshell. Its words then stand in
    no process list, and may be of any length."""
    if len(argv) > 3 and tuple(argv[:2]) == ("/bin/sh", "-c"):
        return f"( set -- {_quoted(argv[4:])}; eval {_quoted(argv[2:3])} )"  # one line: a here-document may follow it
    return f"( exec {_quoted(argv)} )"


def _quoted(words: Sequence[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)
