"""What reads this program's output: a command that waits for news ends when it has gone."""

import contextlib
import os
import select
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from dssr.cli.failure import ReaderGone


@contextlib.contextmanager
def ending_with_reader() -> Iterator[None]:
    """While this is done, the end of what reads stdout ends it at once, and not only the next line
    that is printed. Raises ``ReaderGone``."""
    output = _pipe()
    if output is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    watcher = _Watcher(output)
    before = signal.signal(signal.SIGPIPE, watcher.interrupt)
    watcher.start()
    try:
        yield
    except KeyboardInterrupt:
        if watcher.has_gone:
            raise ReaderGone from None
        raise
    finally:
        watcher.end()
        signal.signal(signal.SIGPIPE, before)


def _pipe() -> int | None:
    """The descriptor of stdout, if it is a pipe."""
    try:
        output = sys.stdout.fileno()
        return output if stat.S_ISFIFO(os.fstat(output).st_mode) else None
    except (OSError, ValueError):
        return None


class _Watcher:
    """Interrupts the main thread, where it is made, when a pipe has lost its reader."""

    def __init__(self, output: int) -> None:
        self.has_gone = False
        self._output, self._main = output, threading.get_ident()
        self._looking, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        os.write(self._wake, b".")
        self._thread.join()
        os.close(self._looking)
        os.close(self._wake)

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """On SIGPIPE, which a connection that breaks sends, too."""
        if self.has_gone:
            raise KeyboardInterrupt

    def _look(self) -> None:
        poll = select.poll()
        poll.register(self._output, 0)  # the end of the reader is always reported
        poll.register(self._looking, select.POLLIN)
        found = dict(poll.poll())
        if self._looking not in found:
            self.has_gone = True
            signal.pthread_kill(self._main, signal.SIGPIPE)
