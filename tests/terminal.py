"""A program on a real terminal, whose questions are answered."""

import contextlib
import os
import pty
import select
import sys
import time

from dssr.testing.transport import PATIENCE
from tests.source_tree import ROOT


def on_terminal(program: str, answers: dict[str, str], *words: str) -> str:
    """What is on the terminal after that program of Python, with each question answered once."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", program, *words])
    shown, left, deadline = "", dict(answers), time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):  # the end of a terminal
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 4096).decode(errors="replace")
            for question in [question for question in left if question in shown]:
                os.write(terminal, f"{left.pop(question)}\n".encode())
    os.close(terminal)
    os.waitpid(pid, 0)
    return shown
