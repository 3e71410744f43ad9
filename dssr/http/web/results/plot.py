"""``NAME.plot.json``: which columns of a table a job wants drawn, and how. Pure."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dssr.http.web.results.json_object import object_of
from dssr.http.web.results.kinds import Kind, kind_of
from dssr.http.web.results.unreadable import Unreadable

KINDS = ("line", "points", "bars", "histogram")
MOST_LINES = 20
_LARGEST = 64 * 1024  # bytes
_MEMBERS = ("title", "x", "y", "data", "log", "kind")
_EXAMPLE = '{"title": "Energy", "x": "step", "y": ["energy"], "data": "energy.csv"}'


@dataclass(frozen=True)
class Plot:
    """A plot of a table's columns. ``x`` and ``y`` empty: its first column, and all other
    numbers."""

    data: str  # the table's name, in the same directory
    title: str = ""
    x: str = ""
    y: tuple[str, ...] = ()
    log: frozenset[str] = frozenset()  # the logarithmic axes, of "x" and "y"
    kind: str = "line"


def read_plot(data: bytes) -> Plot:
    """The plot that a file describes. Raises ``Unreadable`` with a sentence for each mistake."""
    members = object_of(data, _LARGEST, _EXAMPLE)
    if mistakes := list(_mistakes(members)):
        raise Unreadable(*mistakes)
    return Plot(
        data=members["data"],
        title=members.get("title", ""),
        x=members.get("x", ""),
        y=tuple(members.get("y", ())),
        log=frozenset(members.get("log", ())),
        kind=members.get("kind", "line"),
    )


def unknown_columns(plot: Plot, names: Sequence[str]) -> list[str]:
    """A sentence for each column that the plot names and its table does not have."""
    return [
        f"{plot.data} has no column {name[:60]!r}{_meant(name, names)}: it has {_listed(names)}."
        for name in dict.fromkeys((plot.x, *plot.y))
        if name and name not in names
    ]


def _mistakes(members: dict[str, Any]) -> Iterator[str]:
    for name in members:
        if name not in _MEMBERS:
            known = ", ".join(_MEMBERS)
            yield f"There is no member {name[:60]!r}{_meant(name, _MEMBERS)}: there are {known}."
    for name in ("title", "x"):
        if not _is_line(members.get(name, "")):
            yield f"'{name}' must be a text of one line."
    yield from _mistakes_of_lists(members)
    table = members.get("data")
    if not isinstance(table, str) or kind_of(table) is not Kind.TABLE or not _is_beside(table):
        yield "'data' must be the name of a table beside this file, such as energy.csv."
    if members.get("kind", "line") not in KINDS:
        yield f"'kind' must be one of {', '.join(KINDS)}."


def _mistakes_of_lists(members: dict[str, Any]) -> Iterator[str]:
    columns, axes = members.get("y", []), members.get("log", [])
    if not isinstance(columns, list) or not all(map(_is_line, columns)):
        yield "'y' must be a list of names of columns, such as [\"energy\"]."
    elif len(columns) > MOST_LINES:
        yield f"'y' has {len(columns)} columns: a plot draws at most {MOST_LINES}."
    if not isinstance(axes, list) or not all(axis in ("x", "y") for axis in axes):
        yield '\'log\' must be a list of axes: ["x"], ["y"] or ["x", "y"].'


def _is_line(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and (value.isprintable() or not value)


def _is_beside(name: str) -> bool:
    return "/" not in name and _is_line(name)


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name[:60], known, 1)
    return f" (is it {near[0]!r}?)" if near else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(names[:20]) + more
