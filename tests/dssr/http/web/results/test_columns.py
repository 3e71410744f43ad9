"""The columns of a table."""

import math

import pytest

from dssr.http.web.results.columns import Column

MAY = 1_777_593_600.0  # seconds until 2026-05-01T00:00:00Z


def column(*cells: str) -> Column:
    """A column that grows by one cell at a time."""
    found = Column("x")
    for cell in cells:
        found.add([cell])
    return found


@pytest.mark.parametrize(
    ("cell", "value"), [("1.5", 1.5), (" -2e3 ", -2000.0), ("+7", 7.0), ("1e400", math.inf)]
)
def test_numbers(cell: str, value: float) -> None:
    """A cell is a number as programs write it."""
    assert list(column(cell, "1").values) == [value, 1.0]
    assert column(cell, "1").is_number


@pytest.mark.parametrize("cell", ["", "NA", "nan", "null", "None", "-", "N/A"])
def test_missing_cells(cell: str) -> None:
    """A word for nothing leaves a column what it is."""
    found = column("1", cell, "2")
    assert found.is_number
    assert math.isnan(found.values[1])
    assert column("2026-05-01", cell).is_time


@pytest.mark.parametrize("cell", ["1_000", "1,5", "abc", "0x1f", "1 2", "=1+1", "99999-01-01"])
def test_text(cell: str) -> None:
    """A cell with anything else makes the column one of text, from then on, too."""
    found = column("1", cell, "2")
    assert not found.is_shown_on_an_axis
    assert len(found.values) == 3


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-05-01", MAY),
        ("2026-05-01T00:00:30", MAY + 30),
        ("2026-05-01 00:00:00.5", MAY + 0.5),
        ("2026-05-01T02:00:00+02:00", MAY),
        ("2026-05-01T00:00:00Z", MAY),
    ],
)
def test_dates(cell: str, value: float) -> None:
    """An ISO date is a time, in UTC where it names no zone."""
    found = column(cell)
    assert found.is_time
    assert list(found.values) == [value]


def test_a_column_of_numbers_and_dates_is_neither() -> None:
    """Numbers and dates in one column have no common axis."""
    assert not column("2026-05-01", "5").is_shown_on_an_axis


def test_an_empty_column_has_no_axis() -> None:
    """A column without a number is not drawn."""
    assert not column("", "nan").is_shown_on_an_axis
