"""Lists that are shown again when they change."""

import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click

from dssr.cli.reader import ending_with_reader

_EVERY = 2.0  # seconds; a bridge asks its cluster less often than that
_OPEN, _HOME, _CLOSE = "\x1b[?1049h\x1b[?25l", "\x1b[H\x1b[J", "\x1b[?25h\x1b[?1049l"


def watch_screen(lines: Callable[[], Sequence[str]]) -> None:
    """Show the lines on a screen of their own until Ctrl-C; the last ones stay behind."""
    shown = lines()
    click.echo(_OPEN, nl=False, color=True)
    try:
        while True:
            heading = f"{datetime.now():%H:%M:%S}  Ctrl-C ends"
            room = shutil.get_terminal_size().lines - 2
            click.echo("\n".join((_HOME + heading, "", *shown[: room - 1])), nl=False, color=True)
            time.sleep(_EVERY)
            shown = lines()
    finally:
        click.echo(_CLOSE, nl=False, color=True)
        click.echo("\n".join(shown))


def watch_changes(changed: Callable[[dict[str, Any]], Sequence[str]]) -> None:
    """Print the lines that have changed, until Ctrl-C or until there is no reader. ``changed``
    keeps what it has returned in the dictionary."""
    known: dict[str, Any] = {}
    with ending_with_reader():
        while True:
            for line in changed(known):
                click.echo(line)
            time.sleep(_EVERY)
