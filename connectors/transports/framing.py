"""How a command is sent to a remote ``/bin/sh`` over stdin, and how its output is found. Pure.

The login shell only receives the constant ``exec /bin/sh``: it may be tcsh, where even single
quotes do not protect ``!`` and newlines. The shell that this starts reads framed commands one
after the other. A frame is one compound command: if the connection breaks while a frame is sent,
the shell reads the end of its input inside the braces and runs none of it.

A small input is part of the frame. A larger one follows the frame as it is, once the shell has
printed the line that begins the output: by then it has read all of the frame, and shells read what
has arrived, so that none of the input is taken for commands.
"""

import base64
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from dssr.errors import BadRequest
from dssr.seams import Sink

LOGIN_COMMAND = "exec /bin/sh"
_SMALL = 64 << 10  # bytes of input that a frame holds: a shell reads them slowly, one by one


@dataclass(frozen=True)
class Frame:
    """A command to send, and what is around its own output on both streams.

    ``input``: to be sent as it is, and ``after`` behind it, once ``begin`` has arrived on stdout.
    """

    text: bytes
    begin: bytes  # the line before the output
    end: bytes  # what follows it: on stdout the exit code and a newline come next
    input: bytes = b""
    after: bytes = b""


def frame(argv: Sequence[str], input: bytes | None = None, is_read: bool = False) -> Frame:
    """Frame a command. Raises ``BadRequest`` for a word that no command can receive.

    ``is_read``: whether the command reads exactly its input (see ``Purpose.UPLOAD``). Where it does
    not, the shell ends.
    """
    check_words(argv)
    mark = secrets.token_hex(16)  # cannot be guessed, so no output can end the frame early
    follows = input if input is not None and len(input) > _SMALL else b""
    after = f"{mark}\n" if follows and is_read else ""
    if after:
        run = _reading_its_own(argv, mark)
    else:
        run = _followed(argv, len(follows)) if follows else command(argv, input, mark)
        run += "dssr_rc=$?; "
    text = (
        f"{{ printf '\\n<%s\\n' {mark} >&2; printf '\\n<%s\\n' {mark}\n"
        f"{run}"
        f"printf '\\n>%s %d\\n' {mark} $dssr_rc; printf '\\n>%s \\n' {mark} >&2\n}}\n"
    )
    encoded = text.encode("utf-8", "surrogateescape")
    return Frame(encoded, f"\n<{mark}\n".encode(), f"\n>{mark} ".encode(), follows, after.encode())


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
    """One stream of a remote shell, on which the output of a framed command arrives.

    ``size``: bytes that have arrived. ``preamble``: what came before the begin mark: banners, or
    why a login shell refused to start. ``has_begun``: whether that mark has arrived.
    """

    def __init__(self, frame: Frame, sink: Sink | None = None) -> None:
        """``sink``: takes the command's own output."""
        self._frame, self._sink, self._place = frame, sink, 0
        self.size, self.preamble, self.has_begun = 0, b"", False
        self._pieces: list[bytes] = []  # of the command's own output: megabytes are not moved again
        self._held = b""  # the bytes behind them, with which the end mark may begin
        self._after: bytes | None = None  # what follows the end mark

    def feed(self, piece: bytes) -> None:
        """Add what has arrived."""
        self.size += len(piece)
        if self._after is not None:
            self._after += piece
        elif self.has_begun:
            self._feed_output(piece)
        else:
            before, begin, output = (self.preamble + piece).partition(self._frame.begin)
            self.preamble, self.has_begun = before, bool(begin)
            self._feed_output(output)

    @property
    def status(self) -> bytes | None:
        """The rest of the end mark's line, or ``None`` until that line is complete."""
        status, end, _ = (self._after or b"").partition(b"\n")
        return status if end else None

    @property
    def content(self) -> bytes:
        """What the command itself printed, without a sink; empty until it has ended."""
        return b"" if self._after is None else b"".join(self._pieces)

    def _feed_output(self, piece: bytes) -> None:
        output, end, after = (self._held + piece).partition(self._frame.end)
        if end:
            self._held, self._after = b"", after
        else:
            possible = output.rfind(b"\n", -len(self._frame.end))
            at = possible if possible >= 0 else len(output)
            output, self._held = output[:at], output[at:]
        if self._sink is None:
            self._pieces.append(output)
        elif output:
            self._sink(self._place, output)
            self._place += len(output)


class Answer:
    """What a remote shell sends back for a framed command, on both streams."""

    def __init__(self, frame: Frame, sink: Sink | None = None) -> None:
        """``sink``: takes what the command prints on stdout."""
        self.stdout, self.stderr = FramedOutput(frame, sink), FramedOutput(frame)

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
    not occur in the data."""
    if data is None:
        return f"{_run(argv)} </dev/null\n"
    if data.endswith(b"\n") and b"\0" not in data:
        return f"{_run(argv)} <<'{mark}'\n{data.decode('utf-8', 'surrogateescape')}{mark}\n"
    encoded = base64.encodebytes(data).decode()
    return f"base64 -d <<'{mark}' | {_run(argv)}\n{encoded}{mark}\n"


def reading(argv: Sequence[str], file: str) -> str:
    """The same with that file on its stdin. ``file``: a word that needs no quotes."""
    return f"{_run(argv)} <{file}\n"


def exit_code(code: int) -> int:
    """A shell's ``$?`` as ``Completed.returncode``."""
    # sh(1): 128+N for a command that signal N ended; there are 64 signals, and exit codes above.
    return 128 - code if 128 < code <= 192 else code


def _followed(argv: Sequence[str], size: int) -> str:
    """The same with the next ``size`` bytes of the shell's own stdin on its stdin.

    All of them are read, whatever the command does: the shell would run the rest as commands. If
    that fails, the shell ends.
    """
    command = f"{{ {_run(argv)}; dssr_rc=$?; cat >/dev/null; exit $dssr_rc; }}"
    # Not head(1), which moves 8 KB at a time.
    read = f"dd bs=64k count={size} iflag=fullblock,count_bytes status=none"
    return f"{{ {read} || kill -KILL $$; }} | {command}\n"


def _reading_its_own(argv: Sequence[str], mark: str) -> str:
    """The same for a command that reads its input to its last byte: no other process does, and a
    line with ``mark`` comes next. Bytes that the command has left are before the mark; the shell
    would run them, and ends."""
    check = f'read -r dssr_end; [ "$dssr_end" = {mark} ] || kill -KILL $$'
    return f"{_run(argv)}\ndssr_rc=$?; {check}; "


def _run(argv: Sequence[str]) -> str:
    """A program for ``/bin/sh`` needs no new process: the shell that reads this runs it in a
    subshell. Its words may then be of any length, and no process list shows them."""
    if len(argv) > 3 and tuple(argv[:2]) == ("/bin/sh", "-c"):
        # On one line: a here-document may follow.
        return f"( set -- {shlex.join(argv[4:])}; eval {shlex.quote(argv[2])} )"
    return f"( exec {shlex.join(argv)} )"
