"""Time limits in all of Slurm's forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.upstream.walltime import seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5", 300),
        ("1:30", 90),
        ("02:03:04", 7384),
        ("100:00:00", 360_000),
        ("1-2", 93_600),
        ("1-02:03", 93_780),
        ("1-02:03:04", 93_784),
        ("0:90", 90),
        (" 10 ", 600),
    ],
)
def test_each_form_of_sbatch_is_read(text: str, wanted: int) -> None:
    """minutes, minutes:seconds, hours:minutes:seconds, days-hours and so on, as sbatch(1) lists them."""
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "None", "INFINITE", "unlimited", "UNLIMITED", "-1", "0", "0:00", "0-0"]
)
def test_no_limit_is_none(text: str) -> None:
    """Absent, Python's None, Slurm's words for 'no limit', and a limit of zero."""
    assert seconds(text) is None


@pytest.mark.parametrize(
    "text",
    ["soon", "1:2:3:4", "1-", "-5", "1.5", "1:", ":1", "1d", "٣", "1-2:3:4:5", "9" * 30, "1\n2"],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    """The sentence names the key and the forms that are read."""
    with pytest.raises(BadRequest, match=r"JOBOBJ_WALLTIME.*HH:MM:SS"):
        seconds(text)


@given(st.integers(0, 999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_what_slurm_prints_is_read_back(days: int, hours: int, minutes: int, secs: int) -> None:
    """D-HH:MM:SS gives the seconds that it was made of."""
    total = ((days * 24 + hours) * 60 + minutes) * 60 + secs
    assert seconds(f"{days}-{hours:02}:{minutes:02}:{secs:02}") == (total or None)
