"""Columns with more rows than a screen has pixels -> the least and the greatest of each pixel.

Pure.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Values = Sequence[float]


@dataclass(frozen=True)
class Points:
    """What is drawn: ``x``, which never falls, and as many values of each column; ``None`` where
    there is none."""

    x: list[float]
    ys: list[list[float | None]]
    is_thinned: bool


def thinned(
    x: Values, ys: Sequence[Values], width: int, low: float = -math.inf, high: float = math.inf
) -> Points:
    """The rows whose ``x`` is between ``low`` and ``high``, both included, sorted by it.

    More than two for each of ``width`` pixels are thinned: of each pixel's rows, each column's
    least and greatest value stay, in their order. Rows without a finite ``x`` are left out.
    """
    rows = _rows(x, low, high)
    x, ys = [x[row] for row in rows], [[y[row] for row in rows] for y in ys]
    if len(x) <= 2 * width:
        return Points(x, [[_finite(value) for value in y] for y in ys], is_thinned=False)
    pixels = list(pairwise(_edges(x, width)))
    return Points(
        [place for first, last in pixels for place in (x[first], x[last - 1])],
        [[value for first, last in pixels for value in _extremes(y[first:last])] for y in ys],
        is_thinned=True,
    )


def histogram(values: Values, bins: int) -> tuple[list[float], list[int]]:
    """The middle of each of so many equal bins, and how many values are in it."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return [], []
    low, high = min(finite), max(finite)
    width = high / bins - low / bins
    if width == 0:
        return [low], [len(finite)]
    counts = [0] * bins
    for value in finite:
        counts[min(bins - 1, int(value / width - low / width))] += 1
    return [low + (number + 0.5) * width for number in range(bins)], counts


def _rows(x: Values, low: float, high: float) -> Sequence[int]:
    if not low <= high:  # one may be no number
        return ()
    if all(map(math.isfinite, x)) and all(one <= other for one, other in pairwise(x)):
        return range(bisect_left(x, low), bisect_right(x, high))
    rows = (row for row, value in enumerate(x) if low <= value <= high and math.isfinite(value))
    return sorted(rows, key=lambda row: x[row])


def _edges(x: Sequence[float], width: int) -> list[int]:
    """The first row of each pixel that has rows, and the number of rows."""
    shares = (number / width for number in range(width))
    places = (bisect_left(x, x[0] * (1 - share) + x[-1] * share) for share in shares)
    return [*dict.fromkeys(places), len(x)]


def _extremes(values: Sequence[float]) -> tuple[float | None, float | None]:
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None, None
    low, high = min(finite), max(finite)
    return (low, high) if finite.index(low) <= finite.index(high) else (high, low)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
