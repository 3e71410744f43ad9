"""What is known where the connector has an ability less."""

import pytest

from dssr.job import Output
from dssr.jobs import fallback
from dssr.record import OutputPart


@pytest.mark.parametrize(
    ("offset", "limit", "found"),
    [
        (0, 2, OutputPart(b"ab", 10, 15)),
        (12, 2, OutputPart(b"cd", 12, 15)),
        (12, 9, OutputPart(b"cde", 12, 15, is_complete=True)),
        (99, 9, OutputPart(b"", 99, 15, is_complete=True)),
    ],
)
def test_a_part_of_the_last_lines(offset: int, limit: int, found: OutputPart) -> None:
    """A part has its place in the whole output, whose beginning is not kept, and is the last one
    where nothing follows."""
    assert fallback.output_part(Output(b"abcde", cut=10), offset, limit, True) == found
