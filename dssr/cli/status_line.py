"""A line at the bottom of the terminal that shows what is going on, below what is printed."""

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from dssr.cli import terminal
from dssr.cli.printable import printable, shortened

_CLEAR = "\r\x1b[K"
_EVERY = 1.0  # seconds
_SCREEN = threading.RLock()  # held by what writes to the terminal


@contextmanager
def screen() -> Iterator[None]:
    """The terminal while a person is asked something: no status is drawn."""
    with _SCREEN:
        if terminal.shows_progress():
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
        yield


class StatusLine:
    """Shows ``text()`` anew each second while it is entered, if stderr is a terminal.

    What goes to stdout meanwhile goes through ``write``, so that the two do not mix.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self._text, self._is_shown = text, terminal.shows_progress()
        self._shares_screen = self._is_shown and terminal.is_terminal()
        self._at_start_of_line = True
        self._lock, self._ended = _SCREEN, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        if self._is_shown:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            self._clear()
            if self._shares_screen and not self._at_start_of_line:
                sys.stderr.write("\n")
            sys.stderr.flush()

    def write(self, text: str) -> None:
        """Print on stdout."""
        with self._lock:
            self._clear()
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_start_of_line = text.endswith("\n")
            self._draw()

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                self._draw()
            self._ended.wait(_EVERY)

    def _draw(self) -> None:
        """A line of output that is not complete stays as it is, without a status."""
        if self._is_shown and (self._at_start_of_line or not self._shares_screen):
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(_CLEAR + shortened(printable(self._text()), width))
            sys.stderr.flush()

    def _clear(self) -> None:
        if self._is_shown and (self._at_start_of_line or not self._shares_screen):
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
