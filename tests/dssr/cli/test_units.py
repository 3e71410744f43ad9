"""Sizes, times and pairs as people write them."""

import pytest

from dssr.cli.units import Pair, megabytes, moment, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", 5400), ("2h", 7200), ("1d12h", 129600), ("2H30M", 9000), ("45s", 45),
        ("10min", 600), ("90", 5400), ("5:30", 330), ("2:00:00", 7200), ("1-00:00:00", 86400),
        ("1-12", 129600), ("1-12:30", 131400),
    ],
)  # fmt: skip
def test_times(text: str, expected: int) -> None:
    """Times are read as people and as sbatch write them; a plain number is minutes."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "0s", "h", "2x", "-5", "1:2:3:4", "9999d", "²"])
def test_what_is_no_time(text: str) -> None:
    """Other texts are rejected with examples."""
    with pytest.raises(ValueError, match="is no time"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4G", 4096), ("500", 500), ("500M", 500), ("1.5T", 1572864), ("2048K", 2), ("4gb", 4096),
     ("4 GiB", 4096)],
)  # fmt: skip
def test_sizes(text: str, expected: int) -> None:
    """Sizes are in MB, with the units of sbatch; a plain number is MB."""
    assert megabytes(text) == expected


@pytest.mark.parametrize("text", ["", "G", "0", "1K", "4X", "-1G", "1e3", "9999P"])
def test_what_is_no_size(text: str) -> None:
    """Other texts are rejected with examples."""
    with pytest.raises(ValueError, match="is no size"):
        megabytes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2d", "2030-01-29T12:00:00Z"), ("90m", "2030-01-31T10:30:00Z"),
     ("2030-01-31T13:00:00+01:00", "2030-01-31T12:00:00Z")],
)  # fmt: skip
def test_times_in_the_past(text: str, expected: str) -> None:
    """A duration is that long ago; a time with an offset is itself."""
    assert moment(text, 1896091200.0) == expected


def test_what_is_no_time_in_the_past() -> None:
    """Other texts are rejected with examples."""
    with pytest.raises(ValueError, match=r"write 30m, 12h or 2d \(ago\)"):
        moment("yesterday", 0)


def test_pairs() -> None:
    """A pair is split at its first '='; the value may be empty, the name not."""
    pair = Pair("K=V")
    assert [pair.parse(text) for text in ("a=b=c", "a=")] == [("a", "b=c"), ("a", "")]
    for text in ("a", "=b"):
        with pytest.raises(ValueError, match="write it as K=V"):
            pair.parse(text)
