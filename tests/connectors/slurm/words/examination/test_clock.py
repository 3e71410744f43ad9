"""Clocks and durations."""

import pytest

from connectors.slurm.words.examination.clock import Clock, clock_of, span


def test_a_clock() -> None:
    """The line of date has the seconds and the time zone; anything else is no clock."""
    assert clock_of("1764244800.250000000 +0100\n") == Clock(1764244800.25, "+0100")
    assert clock_of("date: invalid option -- N\n") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (600, "10 min"), (3661, "1 h 1 min"), (200000, "2 d 7 h")],
)
def test_a_span(seconds: float, words: str) -> None:
    """A duration has its two largest units."""
    assert span(seconds) == words
