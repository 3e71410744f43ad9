"""Tables fit the terminal."""

import pytest

from dssr.cli.printable import width_of
from dssr.cli.table import Column, table

COLUMNS = (
    Column("ID"),
    Column("NAME", least=6),
    Column("USER", priority=2),
    Column("WHY", least=8, priority=1),
)
ROWS = [("1", "relax", "alice", "waits for resources"), ("22", "水素の酸化", "bob", "")]


def test_without_a_width_nothing_is_cut() -> None:
    """In a file each column is as wide as its widest cell, without blanks at the ends of lines."""
    assert table(COLUMNS, ROWS) == [
        "ID  NAME        USER   WHY",
        "1   relax       alice  waits for resources",
        "22  水素の酸化  bob",
    ]


@pytest.mark.parametrize("width", range(12, 60))
def test_lines_fit(width: int) -> None:
    """At each width all lines fit, and the columns that are never left out are there."""
    lines = table(COLUMNS, ROWS, width)
    assert max(map(width_of, lines)) <= width
    assert lines[0].startswith("ID  NAME")


def test_what_is_least_important_goes_first() -> None:
    """Columns shrink to their least width; then the one with the highest priority is left out."""
    assert table(COLUMNS, ROWS, 38)[1] == "1   relax       alice  waits for reso…"
    assert table(COLUMNS, ROWS, 20)[0] == "ID  NAME    WHY"
    assert table(COLUMNS, ROWS, 12)[2] == "22  水素の…"


def test_cells_are_harmless_and_painted() -> None:
    """No cell brings control characters; a column's colour does not change its width."""
    column = (Column("STATE", paint=lambda cell: f"<{cell}>"), Column("X"))
    assert table(column, [("\x1b[31mA", "b")], 80)[1] == "<?[31mA>  b"


def test_an_empty_table_has_its_heading() -> None:
    """Without rows there is the heading alone."""
    assert table(COLUMNS, [], 80) == ["ID  NAME  USER  WHY"]
