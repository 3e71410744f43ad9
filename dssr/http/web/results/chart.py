"""A plot and its table -> what the page's script draws, as JSON has it. Pure."""

import math
from collections.abc import Sequence
from typing import Any

from dssr.http.web.results.columns import Column
from dssr.http.web.results.plot import Plot, unknown_columns
from dssr.http.web.results.table import TableReader
from dssr.http.web.results.thinning import histogram, thinned
from dssr.http.web.results.unreadable import Unreadable

MOST_BY_ITSELF = 8  # columns that are drawn without a description
_BINS = 50
_MOST_BARS = 500


def chart_of(
    plot: Plot, table: TableReader, width: int, low: float = -math.inf, high: float = math.inf
) -> dict[str, Any]:
    """What is drawn in ``width`` pixels of the rows with ``x`` between these values.

    ``data`` has the values of ``x``, and those of each of ``series`` with ``null`` for none;
    ``labels`` are the words at the places of ``x``, where it is text. Raises ``Unreadable`` where
    the table lacks what the plot names.
    """
    x, ys = _columns(plot, table)
    chart: dict[str, Any] = {
        "title": plot.title or plot.data,
        "kind": plot.kind,
        "x": {"name": x.name, "is_time": x.is_time},
        "log": sorted(plot.log),
        "series": [column.name for column in ys],
        "labels": [],
        "columns": [
            {"name": column.name, "is_number": column.is_number} for column in table.columns
        ],
        "rows": table.rows,
        "is_thinned": False,
        "notes": table.notes(),
    }
    if plot.kind == "histogram":
        return chart | _histogram((ys or [x])[0])
    if not x.is_shown_on_an_axis:
        return chart | _bars(x, ys, table)
    points = thinned(x.values, [column.values for column in ys], width, low, high)
    return chart | {"data": [points.x, *points.ys], "is_thinned": points.is_thinned}


def _columns(plot: Plot, table: TableReader) -> tuple[Column, list[Column]]:
    """The columns that are drawn. Raises ``Unreadable`` where there are none."""
    by_name = {column.name: column for column in table.columns}
    if not by_name:
        raise Unreadable(f"{plot.data} has no header yet.")
    if mistakes := unknown_columns(plot, list(by_name)):
        raise Unreadable(*mistakes)
    x = by_name[plot.x] if plot.x else table.columns[0]
    if plot.y:
        ys = [by_name[name] for name in plot.y]
        if texts := [column.name for column in ys if table.rows and not column.is_number]:
            raise Unreadable(f"{plot.data}: {', '.join(texts)} has other cells than numbers.")
        return x, ys
    ys = [column for column in table.columns if column.is_number and column is not x]
    if plot.kind == "histogram" and x.is_number:
        ys.insert(0, x)
    if not ys and table.rows:
        raise Unreadable(f"{plot.data} has no column of numbers to draw.")
    return x, ys[:MOST_BY_ITSELF]


def _histogram(column: Column) -> dict[str, Any]:
    """Of one column, because each has bins of its own."""
    data = list(histogram(column.values, _BINS))
    return {"x": {"name": column.name, "is_time": False}, "series": ["count"], "data": data}


def _bars(x: Column, ys: Sequence[Column], table: TableReader) -> dict[str, Any]:
    """One place for each row, with the text of ``x`` at it."""
    place, count = table.columns.index(x), min(len(table.head), _MOST_BARS)
    values = [[v if math.isfinite(v) else None for v in y.values[:count]] for y in ys]
    return {
        "labels": [row[place][:60] for row in table.head[:count]],
        "data": [list(range(count)), *values],
        "is_thinned": table.rows > count,
    }
