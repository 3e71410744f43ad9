"""Tables as jobs write them, and as nothing should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.http.web.results import table
from dssr.http.web.results.table import TableReader
from dssr.http.web.results.unreadable import Unreadable
from tests.dssr.http.web.results.tables import table_of

ENERGY = "step,energy\n1,-1.5\n2,-1.75\n"


def names(reader: TableReader) -> list[str]:
    """The names of its columns."""
    return [column.name for column in reader.columns]


def test_a_table() -> None:
    """Columns have the header's names and the rows' numbers; people get the rows as text."""
    found = table_of(ENERGY)
    assert names(found) == ["step", "energy"]
    assert [list(column.values) for column in found.columns] == [[1.0, 2.0], [-1.5, -1.75]]
    assert (found.rows, found.head) == (2, [["1", "-1.5"], ["2", "-1.75"]])
    assert found.notes() == []


@pytest.mark.parametrize(
    "text",
    [
        "step;energy\n1;-1.5\n2;-1.75\n",
        "step\tenergy\r\n1\t-1.5\r\n2\t-1.75",
        "\ufeffstep,energy\n1,-1.5\n2,-1.75\n",
        "# step,energy\n1,-1.5\n2,-1.75\n",
        '\n\n"step","energy"\n"1",-1.5\n\n2,"-1.75"\n',
    ],
)
def test_spellings_of_a_table(text: str) -> None:
    """Separators, line ends, quotes and blank lines of other programs make the same table."""
    found = table_of(text)
    assert names(found) == ["step", "energy"]
    assert [list(column.values) for column in found.columns] == [[1.0, 2.0], [-1.5, -1.75]]


@given(
    st.lists(st.lists(st.text('ab1.,;"\n -', max_size=5), min_size=2, max_size=2), max_size=6),
    st.integers(1, 7),
)
def test_pieces_may_end_anywhere(rows: list[list[str]], size: int) -> None:
    """A table that comes in pieces is the same as the whole one, quoted line ends included."""
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    text = "\n".join(["x,y", *quoted]) + "\n"
    found = table_of(text, size)
    assert found.head == rows
    assert found.head == table_of(text).head


def test_a_table_that_grows() -> None:
    """What the job adds is added; a line that is being written waits for its end."""
    reader = TableReader()
    reader.feed(b"step,energy\n1,-1.5\n2,-1.")
    assert (reader.rows, reader.size) == (1, 24)
    reader.feed(b"75\n3,")
    assert list(reader.columns[1].values) == [-1.5, -1.75]
    reader.finish()
    assert reader.head[-1] == ["3", ""]


def test_a_table_before_its_header() -> None:
    """A file that the job has just begun is a table without columns."""
    assert table_of("").columns == []
    assert table_of("\n\n").columns == []


def test_names_of_columns_are_distinct() -> None:
    """Columns with the same name, or none, have different names."""
    assert names(table_of("x,,x,x (2), y \n1,2,3,4,5\n")) == [
        *("x", "column 2", "x (2)", "x (2) (2)", "y"),
    ]


def test_rows_of_other_lengths_are_reported() -> None:
    """Missing cells are empty, cells too many are dropped, and a sentence says how often."""
    found = table_of("x,y\n1\n2,3,4\n5,6\n")
    assert found.head == [["1", ""], ["2", "3"], ["5", "6"]]
    assert found.notes() == [
        "1 rows have fewer cells than the header.",
        "1 rows have more cells than the header.",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"1,2\n3,4\n", "Line 1 has no name of a column"),
        (b"\n1,2\n", "Line 2 has no name of a column"),
        (b",,\n", "no name of a column"),
        ("x,y\n1,2\n".encode("utf-16"), "write it in UTF-8"),
        (b"x,y\n1,2\n\x00\x00\n", "Line 3 has a NUL character"),
        (b'x,y\n1,"2\n3,4\n', "Line 2 has a quotation mark"),
        (b'x,"y', "Line 1 has a quotation mark"),
        (b"x,y\n" + b"1" * 2_000_000, "longer than 1000000 characters"),
        (b"x,y\n" + b'"' + b"1\n" * 600_000, "not closed"),
        (b"x,y\n" + b"1" * 200_000 + b"\n", "field larger than field limit"),
        (b",".join(b"x" for _ in range(100_000)) + b"\n", "100000 columns: at most 200"),
        (b"x,y\n1,a\rb\n", "new-line character"),
    ],
    ids=range(12),
)
def test_what_is_no_table(data: bytes, sentence: str) -> None:
    """A file that is no table with a header is refused with the line and what is wrong."""
    with pytest.raises(Unreadable, match=sentence):
        table_of(data, 65536)


def test_a_program_is_no_table() -> None:
    """A binary file with a table's name is refused."""
    with open("/bin/true", "rb") as file, pytest.raises(Unreadable):
        table_of(file.read())


def test_a_table_that_is_too_large_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is too large the first rows are read, and a sentence says so."""
    monkeypatch.setattr(table, "LARGEST_TABLE", 30)
    found = table_of("x,y\n" + "1,2\n" * 100, 7)
    assert found.size == 30
    assert found.rows in (6, 7)
    assert found.notes()[-1] == f"The file has more: the first {found.rows} rows are shown."


def test_a_table_with_too_many_cells_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No table takes more memory than a number of cells."""
    monkeypatch.setattr(table, "MOST_CELLS", 10)
    found = table_of("x,y\n" + "1,2\n" * 100)
    assert (found.rows, len(found.columns[0].values), found.is_cut) == (5, 5, True)


def test_long_cells_are_not_kept_as_text() -> None:
    """The text of a cell is kept as far as a page may show it, and its memory is counted."""
    reader = table_of("x,y\n" + f"1,{'z' * 10_000}\n" * 50)
    assert {len(cell) for row in reader.head for cell in row} == {1, 200}
    assert 50 * 200 < reader.memory < 50 * 500
