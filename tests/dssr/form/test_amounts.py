"""Amounts as the fields of the form take them."""

import pytest

from dssr.form.amounts import limit, megabytes, memory, sbatch_limit
from dssr.job import time_limit


@pytest.mark.parametrize(
    ("text", "number"), [("500", 500), ("500M", 500), ("4G", 4096), ("2T", 2 << 20), ("1K", 1)]
)
def test_memory_is_read_as_sbatch_reads_it(text: str, number: int) -> None:
    """An amount has the unit that it names, or megabytes, and is one megabyte at least."""
    assert megabytes(text) == number


@pytest.mark.parametrize("number", [1, 500, 1023, 1024, 1500, 4096, 1 << 20, (1 << 20) + 1024])
def test_memory_is_written_as_it_is_read(number: int) -> None:
    """An amount that is written has one unit and no fraction, and is the same when it is read."""
    assert megabytes(memory(number)) == number


@pytest.mark.parametrize("seconds", [1, 59, 60, 3600, 86_399, 86_400, 93_600, 10_000_000])
def test_a_limit_is_written_as_it_is_read(seconds: int) -> None:
    """A time limit that is written is the same when it is read."""
    assert time_limit(limit(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "same"),
    [("2h", "02:00:00"), ("90m", "01:30:00"), ("1D12H", "1-12:00:00"), ("30min", "00:30:00")]
    + [(text, text) for text in ("", "90", "1:00:00", "2-00", "2 hours", "h2", "UNLIMITED")],
)
def test_a_limit_may_have_units(text: str, same: str) -> None:
    """A limit with units is written as sbatch reads it, and any other text is left as it is."""
    assert sbatch_limit(text) == same
