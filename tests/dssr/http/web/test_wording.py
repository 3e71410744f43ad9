"""Times, amounts and states as pages show them."""

import pytest

from dssr.http.web.wording import amount, duration, look_of, megabytes, rfc3339, size, utc
from dssr.jobs.states import ACTIVE, ENDED


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.7, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"),
        (3601, "1 h"), (90_061, "1 d 1 h"), (86_460, "1 d"), (-3, "0 s"), (None, ""),
    ],
)  # fmt: skip
def test_a_duration_has_its_two_largest_units(seconds: float | None, text: str) -> None:
    """A duration is shown as exactly as a reader needs it."""
    assert duration(seconds) == text


def test_sizes_have_units() -> None:
    """A number of bytes has the unit in which it is short; an unknown one is empty."""
    assert [size(n) for n in (0, 1023, 1024, 1536, 2 << 30)] == [
        "0 bytes", "1,023 bytes", "1 KB", "1.5 KB", "2 GB",
    ]  # fmt: skip
    assert [size(None), megabytes(None), amount(None, "node")] == ["", "", ""]
    assert megabytes(16 * 1024) == "16 GB"
    assert [amount(1, "node"), amount(2, "node")] == ["1 node", "2 nodes"]


def test_times_are_in_utc() -> None:
    """Times say that they are in UTC, for people and for programs."""
    assert (utc(0), rfc3339(0)) == ("1970-01-01 00:00:00 UTC", "1970-01-01T00:00:00Z")
    assert utc(None) == ""


def test_each_state_has_a_look() -> None:
    """Each state has a shape beside its colour, and no failure looks as if all were well."""
    looks = {state: look_of(state) for state in (*ACTIVE, *ENDED)}
    assert {state for state, look in looks.items() if look.kind == "well"} == {"COMPLETED"}
    assert {state for state, look in looks.items() if look.kind == "unknown"} == {"UNKNOWN", "LOST"}
    assert looks["NODE_FAIL"].kind == "failed"
    shapes = {look.kind: look.shape for look in looks.values()}
    assert len(set(shapes.values())) == len(shapes)
