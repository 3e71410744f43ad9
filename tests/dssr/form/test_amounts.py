"""Amounts as the fields of the form take them."""

import pytest

from dssr.form.amounts import limit, megabytes, memory
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
