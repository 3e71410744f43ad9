"""Ranges of bytes as RFC 9110 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Range
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header

from dssr.http.v1.ranges import Multipart, bounds_of


def test_many_ranges_are_the_whole_file() -> None:
    """A request for more than 16 ranges gets all bytes once, which is less work."""
    many = Range("bytes", [(2 * n, 2 * n + 1) for n in range(17)])
    assert bounds_of(many, 100) is None


def test_ranges_that_are_not_there_are_left_out() -> None:
    """Of several ranges, those that the file has are sent; none at all is an error."""
    assert bounds_of(Range("bytes", [(0, 1), (50, 60)]), 10) == [(0, 1)]
    with pytest.raises(RequestedRangeNotSatisfiable):
        bounds_of(Range("bytes", [(50, 60), (70, None)]), 10)
    with pytest.raises(RequestedRangeNotSatisfiable):
        bounds_of(Range("bytes", [(0, None)]), 0)


@given(st.text(max_size=30), st.integers(0, 1000))
def test_no_header_leads_out_of_the_file(header: str, size: int) -> None:
    """Each range is within the file, whatever the header says."""
    try:
        found = bounds_of(parse_range_header(f"bytes={header}"), size) or []
    except RequestedRangeNotSatisfiable:
        found = []
    assert all(0 <= start < stop <= size for start, stop in found)


def test_the_length_of_several_ranges_is_known_before() -> None:
    """The length that is announced is that of the body."""
    ranges = [(0, 5), (7, 9)]
    several = Multipart(ranges, 100, "text/plain")
    body = b"".join(several.body([iter([b"ab", b"cde"]), iter([b"xy"])]))
    assert len(body) == several.length
