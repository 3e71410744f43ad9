"""Places in a list of jobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.jobs.cursor import cursor_at, position_of, read_cursor
from tests.dssr.jobs.records import record


@given(st.floats(0, 1e11), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True))
def test_a_cursor_is_the_place_that_it_was_made_of(submitted: float, id: str) -> None:
    """A position comes back exactly, so that the next page begins behind it."""
    position = position_of(record(id, submitted=submitted))
    assert read_cursor(cursor_at(position)) == position


@pytest.mark.parametrize("text", ["x", "1~", "~a", "1.0~a b", "nan~a", "1~a\n", "9" * 400 + "~a"])
def test_anything_else_is_refused(text: str) -> None:
    """A text that is no cursor is refused, with where cursors come from."""
    with pytest.raises(BadRequest, match=r"'after'.*'next'"):
        read_cursor(text)
