"""``dssr`` as people run it: in this process, or on a terminal."""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dssr.cli.main import main

PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Dssr:
    """Runs commands in this process, with an environment of their own and no terminal."""

    environ: Mapping[str, str]

    def __call__(self, *words: str, stdin: str = "", **environ: str) -> Done:
        """Run one command."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        with (
            patch.dict(os.environ, {**self.environ, **environ}, clear=True),
            patch.object(sys, "stdin", given),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(words)
        return Done(code, *(_text(stream) for stream in (out, err)))

    def submit(self, body: str, *options: str) -> str:
        """Submit a script; returns the id."""
        done = self("submit", *options, "-", stdin=f"#!/bin/bash\n{body}\n")
        assert (done.code, done.err) == (0, ""), done.err
        return done.out.strip()


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "surrogateescape")


class Terminal:
    """``dssr``, or another program, in a process of its own on a terminal of so many columns."""

    def __init__(
        self,
        environ: Mapping[str, str],
        *words: str,
        columns: int = 80,
        program: Sequence[str] = (sys.executable, "-m", "dssr"),
    ) -> None:
        command = [*program, *words]
        self.pid, self._ours = pty.fork()
        if self.pid == 0:
            os.chdir(environ.get("HOME", "/"))
            os.execve(command[0], command, {"TERM": "xterm", **environ})
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)
        self.shown = ""

    def until(self, pattern: str) -> None:
        """Read what is shown until it matches."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.shown):
            assert time.monotonic() < end, self.shown
            assert self._read(), f"it ended without {pattern!r}: {self.shown}"

    def press(self, keys: str) -> None:
        """Type something."""
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], PATIENCE)[0]:
            raise AssertionError(f"nothing more was shown after: {self.shown}")
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # Linux reports so that the other end is closed
            return False
        self.shown += piece.decode("utf-8", "replace")
        return bool(piece)


def screen(text: str) -> list[str]:
    """The lines of what was shown, without colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").splitlines()


def home_of(directory: Path) -> dict[str, str]:
    """The environment of a user with that home directory, who has set nothing."""
    ours = ("JARVICE_", "WAITRESS_", "DSSR_", "XDG_", "NO_COLOR", "COLUMNS", "LINES")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | {"HOME": str(directory)}
