"""How Ctrl-C ends a program that has done nothing yet. Imports little: it is loaded first."""

import os
import signal
from types import FrameType

_INTERRUPTED = 130  # see dssr.cli.exits


def quit_at_once(_number: int, _frame: FrameType | None) -> None:
    """End the process, on a line behind the ^C that a terminal shows. As a handler of a signal it
    is quiet where ``KeyboardInterrupt`` is not: an import that is interrupted prints where it was,
    or goes on."""
    os.write(2, b"\n")
    os._exit(_INTERRUPTED)


def set_up() -> None:
    """From now on Ctrl-C ends the process, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, quit_at_once)
