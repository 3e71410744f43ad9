"""What stdout and stderr are: terminals of some width, or files and pipes."""

import shutil
import sys

_WIDEST_TEXT = 100  # columns; longer lines are hard to read
_PROSE = 80  # columns, where there is no terminal


def is_terminal() -> bool:
    """Whether people read stdout as it is written."""
    return sys.stdout.isatty()


def shows_progress() -> bool:
    """Whether progress may be shown, which is on stderr."""
    return sys.stderr.isatty()


def columns() -> int | None:
    """The width of the terminal; ``None``: stdout is a file or a pipe, where nothing is cut."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def columns_of_text() -> int:
    """The width for text that is wrapped."""
    return min(columns() or _PROSE, _WIDEST_TEXT)
