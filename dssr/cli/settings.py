"""``dssr settings``: all settings of the core and of the installed plugins, group by group.

On a terminal they are lines that fit, elsewhere a table in Markdown for a document.
"""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from dssr import plugins
from dssr.settings import Settings, reading

_WIDEST = 100  # columns; longer lines are hard to read
Group = tuple[str, tuple[Field[Any], ...]]


def run() -> int:
    """Print them."""
    if sys.stdout.isatty():
        print(*screen(min(shutil.get_terminal_size().columns, _WIDEST)), sep="\n")
    else:
        print(table())
    return 0


def groups() -> Iterator[Group]:
    """The core's settings, then those of each installed plugin that brings any, with a title."""
    yield "The bridge", reading.table(Settings)
    seen = {f.metadata["name"] for f in reading.table(Settings)}
    for plugin in plugins.installed():
        if own := [
            f for f in reading.own_table(plugin.settings_class) if f.metadata["name"] not in seen
        ]:
            seen |= {f.metadata["name"] for f in own}
            yield f"The {plugin.kind.word} `{plugin.name}`", tuple(own)


def table() -> str:
    """All settings as one table in Markdown, each group under a row with its title."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for title, settings in groups():
        rows.append(f"| **{title}** | | |")
        rows += map(_row, settings)
    return "\n".join(rows)


def screen(columns: int) -> Iterator[str]:
    """The same in lines of at most so many columns, if no single word is longer."""
    for title, settings in groups():
        yield from (f"{title.replace('`', '')}:", "")
        for f in settings:
            yield f"  {f.metadata['name']}"
            yield from (line for part in _paragraphs(f) for line in _wrapped(part, columns))
        yield ""


def _row(f: Field[Any]) -> str:
    older = f" (older name: `{f.metadata['older']}`)" if f.metadata["older"] else ""
    default = f"`{reading.default_of(f)}`" if reading.default_of(f) else ""
    cells = (f"`{f.metadata['name']}`{older}", default, _about(f))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _paragraphs(f: Field[Any]) -> Iterator[str]:
    yield _about(f).replace("`", "'")
    if default := reading.default_of(f):
        yield f"Default: {default.replace(',', ', ')}"
    if f.metadata["older"]:
        yield f"Older name: {f.metadata['older']}"


def _wrapped(paragraph: str, columns: int) -> list[str]:
    return textwrap.wrap(
        paragraph,
        columns,
        initial_indent="      ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _about(f: Field[Any]) -> str:
    file = f" Or the file that `{f.metadata['name']}_FILE` names." if f.metadata["secret"] else ""
    return f"{f.metadata['about']}{file}"
