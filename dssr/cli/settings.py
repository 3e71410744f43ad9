"""``dssr settings``: all settings, as a table in Markdown for a document or in lines that fit for a terminal."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from dssr import settings

_WIDEST = 100  # columns; longer lines are hard to read


def run() -> int:
    """Print them."""
    if sys.stdout.isatty():
        print(*screen(min(shutil.get_terminal_size().columns, _WIDEST)), sep="\n")
    else:
        print(table())
    return 0


def table() -> str:
    """All settings as a table in Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for f in settings.table():
        older = f" (older name: `{f.metadata['older']}`)" if f.metadata["older"] else ""
        default = settings.default_of(f).replace("|", "\\|")
        about = _about(f).replace("|", "\\|")
        rows.append(
            f"| `{f.metadata['name']}`{older} | {f'`{default}`' if default else ''} | {about} |"
        )
    return "\n".join(rows)


def screen(columns: int) -> Iterator[str]:
    """The same in lines of at most so many columns, if no single word is longer."""
    for f in settings.table():
        yield f.metadata["name"]
        told = [_about(f).replace("`", "'")]
        if default := settings.default_of(f):
            told.append(f"Default: {default.replace(',', ', ')}")
        if f.metadata["older"]:
            told.append(f"Older name: {f.metadata['older']}")
        for paragraph in told:
            yield from textwrap.wrap(paragraph, columns, initial_indent="    ", subsequent_indent="    ",
                                     break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _about(f: Field[Any]) -> str:
    file = f" Or the file that `{f.metadata['name']}_FILE` names." if f.metadata["secret"] else ""
    return f"{f.metadata['about']}{file}"
