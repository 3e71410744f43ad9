"""``results.json``, of one job and of two."""

import pytest

from dssr.http.web.results.unreadable import Unreadable
from dssr.http.web.results.values import Row, Value, read_values, side_by_side


def test_the_values() -> None:
    """A flat object is read in its order."""
    found = read_values(b'{"chi2": 1.5, "method": "dream", "steps": 10, "ok": true, "x": null}')
    assert list(found.items()) == [
        *(("chi2", 1.5), ("method", "dream"), ("steps", 10), ("ok", True), ("x", None)),
    ]


@pytest.mark.parametrize("value", ["[1]", "{}"])
def test_nested_values_are_refused(value: str) -> None:
    """A list or an object in a value is refused with its name."""
    with pytest.raises(Unreadable, match="'inner': each value must be a text, a number"):
        read_values(f'{{"a": 1, "inner": {value}}}'.encode())


def test_thousands_of_values_are_refused() -> None:
    """A table is the place for many values."""
    many = ", ".join(f'"v{number}": 1' for number in range(1001))
    with pytest.raises(Unreadable, match="1001 values"):
        read_values(f"{{{many}}}".encode())


def test_two_jobs_side_by_side() -> None:
    """Each name is in one row, with both values, and by how much a number has changed."""
    one: dict[str, Value] = {"chi2": 2.0, "method": "dream", "steps": 10, "ok": True, "old": "x"}
    other: dict[str, Value] = {"chi2": 1.5, "method": "amoeba", "steps": 10, "ok": 1, "new": None}
    assert side_by_side(one, other) == [
        Row("chi2", "2.0", "1.5", True, "-0.5 (-25.00 %)"),
        Row("method", "dream", "amoeba", True, ""),
        Row("steps", "10", "10", False, ""),
        Row("ok", "true", "1", True, ""),
        Row("old", "x", "", True, ""),
        Row("new", "", "null", True, ""),
    ]


@pytest.mark.parametrize(
    ("one", "other", "change"),
    [
        (0, 3, "+3"),
        (-2, -1, "+1 (+50.00 %)"),
        (float("nan"), 1.0, ""),
        (10**400, 1, ""),
        (1e308, -1e308, ""),
        (5, 5.0, ""),
    ],
)
def test_the_change_of_a_number(one: float, other: float, change: str) -> None:
    """A change is shown where it can be reckoned."""
    [row] = side_by_side({"v": one}, {"v": other})
    assert row.change == change


def test_long_values_are_cut() -> None:
    """A value of a million characters does not fill the page."""
    [row] = side_by_side({"v": "x" * 100_000}, {"v": "x" * 100_000})
    assert len(row.one) < 1100
    assert not row.differs
