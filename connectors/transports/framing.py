"""How a command is sent to a remote ``/bin/sh`` over stdin, and how its output is found. Pure.

The login shell only receives the constant ``exec /bin/sh``: it may be tcsh, where even single
quotes do not protect ``!`` and newlines. The shell that this starts reads framed commands one
after the other. A frame is one compound command: if the connection breaks while a frame is sent,
the shell reads the end of its input inside the braces and runs none of it.
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
    """A command to send, and what is around its own output on both streams."""

    text: bytes
    begin: bytes  # the line before the output
    end: bytes  # what follows it: on stdout the exit code and a newline come next


def frame(argv: Sequence[str], input: bytes | None = None) -> Frame:
    """Frame a command. Raises ``BadRequest`` for a word that no command can receive."""
    check_words(argv)
    mark = secrets.token_hex(16)  # cannot be guessed, so no output can end the frame early
    text = (
        f"{{ printf '\\n<%s\\n' {mark}; printf '\\n<%s\\n' {mark} >&2\n"
        f"{command(argv, input, mark)}"
        f"dssr_rc=$?; printf '\\n>%s %d\\n' {mark} $dssr_rc; printf '\\n>%s \\n' {mark} >&2\n}}\n"
    )
    encoded = text.encode("utf-8", "surrogateescape")
    return Frame(encoded, f"\n<{mark}\n".encode(), f"\n>{mark} ".encode())


def check_words(argv: Sequence[str]) -> None:
    """Raise ``BadRequest`` for a word with a NUL, or with half of a surrogate pair."""
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


class FramedOutput:
    """One stream of a remote shell, on which the output of a framed command arrives."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._received = bytearray()
        self._end = -1

    def feed(self, piece: bytes) -> None:
        """Add what has arrived."""
        seen = max(0, len(self._received) - len(self._frame.end))
        self._received += piece
        if self._end < 0:
            self._end = self._received.find(self._frame.end, seen)

    def __len__(self) -> int:
        return len(self._received)

    @property
    def preamble(self) -> bytes:
        """What came before the begin mark: banners, or why a login shell refused to start."""
        return bytes(self._received.partition(self._frame.begin)[0])

    @property
    def status(self) -> bytes | None:
        """The rest of the end mark's line, or ``None`` until that line is complete."""
        begin = self._end + len(self._frame.end)
        line_end = self._received.find(b"\n", begin) if self._end >= 0 else -1
        return bytes(self._received[begin:line_end]) if line_end >= 0 else None

    @property
    def content(self) -> bytes:
        """What the command itself printed."""
        begin = self._received.find(self._frame.begin)
        if not 0 <= begin < self._end:
            return b""
        return bytes(self._received[begin + len(self._frame.begin) : self._end])


class Answer:
    """What a remote shell sends back for a framed command, on both streams."""

    def __init__(self, frame: Frame) -> None:
        self.stdout, self.stderr = FramedOutput(frame), FramedOutput(frame)

    @property
    def complete(self) -> bool:
        """Whether both streams have reached the frame's end."""
        return self.stdout.status is not None and self.stderr.status is not None

    @property
    def other_output(self) -> str:
        """What was printed outside of the command, for an error; empty if nothing was."""
        printed = self.stdout.preamble + b" " + self.stderr.preamble
        words = " ".join(printed.decode("utf-8", "replace").split())
        return f"; it said: {words[-200:]!r}" if words else ""

    @property
    def returncode(self) -> int:
        """The command's exit code, or minus its signal."""
        return exit_code(int(self.stdout.status or b"0"))


def command(argv: Sequence[str], data: bytes | None, mark: str) -> str:
    """The command as text for ``/bin/sh``, with ``data`` on its stdin. ``mark``: a word that does
    not occur in the data.

    A program for ``/bin/sh`` needs no new process: the shell that reads this runs it in a subshell.
    Its words may then be of any length, and no process list shows them.
    """
    if len(argv) > 3 and tuple(argv[:2]) == ("/bin/sh", "-c"):
        # On one line: a here-document may follow.
        run = f"( set -- {shlex.join(argv[4:])}; eval {shlex.quote(argv[2])} )"
    else:
        run = f"( exec {shlex.join(argv)} )"
    if data is None:
        return f"{run} </dev/null\n"
    if data.endswith(b"\n") and b"\0" not in data:
        return f"{run} <<'{mark}'\n{data.decode('utf-8', 'surrogateescape')}{mark}\n"
    encoded = base64.encodebytes(data).decode()
    return f"base64 -d <<'{mark}' | {run}\n{encoded}{mark}\n"


def exit_code(code: int) -> int:
    """A shell's ``$?`` as ``Completed.returncode``."""
    # sh(1): 128+N for a command that signal N ended; there are 64 signals, and exit codes above.
    return 128 - code if 128 < code <= 192 else code
