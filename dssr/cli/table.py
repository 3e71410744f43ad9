"""Tables of text that fit a terminal: columns shrink, and the least important ones are left out.
Pure. (Libraries that draw tables cut or wrap cells, and leave out no column.)"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dssr.cli.printable import padded, printable, shortened, width_of

_GAP = 2  # columns between two columns of the table


@dataclass(frozen=True)
class Column:
    """A column. ``least``: how narrow it may become (``None``: it is never cut). ``priority``: that
    with the highest number is left out first; 0: never. ``paint`` colours a cell."""

    title: str
    least: int | None = None
    priority: int = 0
    paint: Callable[[str], str] = str


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> list[str]:
    """The lines of a table with a heading, in at most ``width`` columns of the terminal.

    Where that is impossible, lines are as narrow as they can be. ``None``: nothing is cut.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    natural = [
        max(width_of(column.title), *(width_of(row[i]) for row in cells), 0)
        for i, column in enumerate(columns)
    ]
    widths = natural if width is None else _fitted(columns, natural, width)
    shown = [i for i in range(len(columns)) if widths[i]]
    heading = _line([columns[i].title for i in shown], [widths[i] for i in shown])
    return [heading, *(_painted(columns, row, widths, shown) for row in cells)]


def without_empty(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int | None = None
) -> list[str]:
    """The same, of the columns that are never left out and of those in which any row has a text."""
    used = [i for i, c in enumerate(columns) if not c.priority or any(row[i] for row in rows)]
    return table([columns[i] for i in used], [[row[i] for i in used] for row in rows], width)


def _fitted(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """The widths of the columns; 0: it is left out."""
    widths = list(natural)
    dropped = sorted((c.priority, i) for i, c in enumerate(columns) if c.priority)
    while _total(_narrowest(columns, widths)) > width and dropped:
        widths[dropped.pop()[1]] = 0
    least = _narrowest(columns, widths)
    while _total(widths) > width and widths != least:
        # the widest of those that may shrink
        spare = max((i for i in range(len(widths)) if widths[i] > least[i]), key=widths.__getitem__)
        widths[spare] -= 1
    return widths


def _narrowest(columns: Sequence[Column], widths: Sequence[int]) -> list[int]:
    return [w if c.least is None else min(w, c.least) for c, w in zip(columns, widths, strict=True)]


def _total(widths: Sequence[int]) -> int:
    shown = [w for w in widths if w]
    return sum(shown) + _GAP * (len(shown) - 1)


def _painted(
    columns: Sequence[Column], row: Sequence[str], widths: Sequence[int], shown: Sequence[int]
) -> str:
    cells = [shortened(row[i], widths[i]) for i in shown]
    line = []
    for place, (i, cell) in enumerate(zip(shown, cells, strict=True)):
        is_last = place == len(shown) - 1
        blanks = "" if is_last else padded(cell, widths[i] + _GAP)[len(cell) :]
        line.append(columns[i].paint(cell) + blanks)
    return "".join(line).rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = (shortened(cell, w) for cell, w in zip(cells, widths, strict=True))
    return (" " * _GAP).join(map(padded, fitted, widths)).rstrip()
