"""A column of any length becomes as many points as a screen has pixels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.http.web.results.thinning import histogram, thinned

FLOATS = st.floats() | st.integers(-3, 3).map(float)


def test_few_rows_stay_as_they_are() -> None:
    """Two rows for each pixel are drawn as they are, and NaN is no point."""
    points = thinned([1, 2, 3], [[5, math.nan, math.inf]], 2)
    assert (points.x, points.ys, points.is_thinned) == ([1, 2, 3], [[5, None, None]], False)


def test_a_peak_of_one_row_stays() -> None:
    """The least and the greatest value of all rows are drawn, however many rows there are."""
    values = [0.0] * 100_000
    values[54_321], values[7] = 9.0, -4.0
    points = thinned(range(100_000), [values], 300)
    assert points.is_thinned
    assert len(points.x) == len(points.ys[0]) == 600
    assert [y for y in points.ys[0] if y] == [-4.0, 9.0]


def test_the_order_of_the_least_and_the_greatest_stays() -> None:
    """Within a pixel, the value that came first is drawn first."""
    points = thinned(range(8), [[1, 2, 3, 4, 8, 7, 6, 5]], 2)
    assert points.ys == [[1, 4, 8, 5]]
    assert points.x == [0, 3, 4, 7]


def test_a_zoom_has_the_rows_between_its_ends() -> None:
    """Only rows between two values of x are drawn, with their ends."""
    assert thinned([1, 2, 3, 4], [[1, 2, 3, 4]], 100, 2, 3).x == [2, 3]
    assert thinned([4, 1, 3, math.nan, 2], [[4, 1, 3, 0, 2]], 100, 2, 3).ys == [[2, 3]]
    assert thinned([1, 2], [[1, 2]], 100, 5, 6).x == []


@given(
    st.lists(st.tuples(FLOATS, FLOATS), max_size=60), st.integers(1, 5), FLOATS, FLOATS
)  # fmt: skip
def test_any_numbers(rows: list[tuple[float, float]], width: int, low: float, high: float) -> None:
    """For any numbers, x never falls, the extremes stay, and nothing is made up."""
    points = thinned([x for x, _ in rows], [[y for _, y in rows]], width, low, high)
    assert points.x == sorted(points.x)
    assert len(points.x) == len(points.ys[0]) <= max(2 * width, len(points.x))
    inside = [y for x, y in rows if low <= x <= high and math.isfinite(x) and math.isfinite(y)]
    drawn = [y for y in points.ys[0] if y is not None]
    assert set(drawn) <= set(inside)
    if inside:
        assert (min(drawn), max(drawn)) == (min(inside), max(inside))
    assert not points.is_thinned or len(points.x) <= 2 * width


@pytest.mark.parametrize(
    ("values", "middles", "counts"),
    [
        ([0, 1, 2, 3, 4], [1, 3], [2, 3]),
        ([5, 5, math.nan], [5], [2]),
        ([math.nan], [], []),
        ([-1e308, 1e308], [-5e307, 5e307], [1, 1]),
    ],
)
def test_a_histogram(values: list[float], middles: list[float], counts: list[int]) -> None:
    """Each finite value is in one of the bins, the greatest in the last."""
    assert histogram(values, 2) == (middles, counts)


@given(st.lists(FLOATS), st.integers(1, 9))
def test_a_histogram_loses_nothing(values: list[float], bins: int) -> None:
    """The bins have all finite values together."""
    assert sum(histogram(values, bins)[1]) == sum(map(math.isfinite, values))
