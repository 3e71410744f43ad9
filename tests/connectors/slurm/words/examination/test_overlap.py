"""How many commands a host ran at once."""

import pytest

from connectors.slurm.words.examination.overlap import interval, most_at_once


@pytest.mark.parametrize(
    ("intervals", "most"),
    [
        ([], 0),
        ([(0.0, 1.0)], 1),
        ([(0.0, 1.0), (1.0, 2.0)], 1),
        ([(0.0, 1.0), (0.5, 2.0), (0.9, 3.0), (2.5, 4.0)], 3),
    ],
)
def test_the_most_at_once(intervals: list[tuple[float, float]], most: int) -> None:
    """An interval that begins when another ends does not overlap it."""
    assert most_at_once(intervals) == most


@pytest.mark.parametrize("text", ["", "1.5", "1.5\nlater\n", "1\n2\n3\n"])
def test_what_is_no_interval(text: str) -> None:
    """Anything but two numbers is no interval."""
    assert interval("1.5\n2.5\n") == (1.5, 2.5)
    assert interval(text) is None
