"""A part of an output as lines."""

import pytest

from dssr.http.web.output_lines import LONGEST, Line, is_binary, lines_of, whole_lines


def test_lines_have_numbers_and_places() -> None:
    """Each line has its number and the place of its first byte; the last line end begins none."""
    assert lines_of(b"a\n\nbc\n", 10, 4) == [
        Line(5, 10, b"a"),
        Line(6, 12, b""),
        Line(7, 13, b"bc"),
    ]
    assert lines_of(b"a\nb", 0, 0)[-1] == Line(2, 2, b"b")


def test_without_a_count_lines_have_no_number() -> None:
    """Where the lines before are not counted, no number is made up."""
    assert {line.number for line in lines_of(b"a\nb\n", 10, None)} == {None}


def test_a_long_line_takes_several_rows() -> None:
    """A line of a megabyte is in rows of one number that together are the line."""
    data = bytes(range(65, 91)) * 40_000
    rows = lines_of(data, 0, 0)
    assert b"".join(row.data for row in rows) == data
    assert {row.number for row in rows} == {1}
    assert max(len(row.data) for row in rows) == LONGEST
    assert [row.offset for row in rows[:2]] == [0, LONGEST]


@pytest.mark.parametrize(
    ("data", "is_begun", "expected"),
    [
        (b"nd\nthe\n", True, (b"the\n", 3)),
        (b"the\n", False, (b"the\n", 0)),
        (b"no end", True, (b"no end", 0)),
        (b"", True, (b"", 0)),
    ],
)
def test_a_part_begins_with_a_line(
    data: bytes, is_begun: bool, expected: tuple[bytes, int]
) -> None:
    """The rest of a line that began before is left out, unless there is nothing else."""
    assert whole_lines(data, is_begun) == expected


def test_binary_output_is_recognised() -> None:
    """An output with NUL characters is no text; one with control sequences is."""
    assert is_binary(b"\x7fELF\x02\x01\x01\x00\x00")
    assert not is_binary(b"\x1b[31mred\x1b[0m\n")
    assert not is_binary(b"")
