"""Endings and evidence as text: what is kept, and what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.evidence import Evidence
from connectors.slurm.words.journal import Ending
from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState

SETTLING = 120.0
NOW = 10_000


@given(
    st.sampled_from(list(JobState)),
    st.integers(0, 10**9),
    st.text().filter(lambda text: "\n" not in text),
)
def test_an_ending_is_kept_as_text(state: JobState, elapsed: int, reason: str) -> None:
    """An ending is read back as it was written, also with separators in its reason."""
    ending = Ending(state, elapsed, reason)
    assert Ending.from_text(ending.as_text()) == ending


@pytest.mark.parametrize("text", ["", "COMPLETED", "COMPLETED|1", "NEWER|1|x", "COMPLETED|soon|x"])
def test_an_ending_that_cannot_be_read_is_none(text: str) -> None:
    """An ending that cannot be read is an error that shows it."""
    with pytest.raises(Unavailable, match="cannot read the final answer") as raised:
        Ending.from_text(text)
    assert repr(text) in raised.value.message


def test_a_record_that_cannot_be_read_is_not_missing() -> None:
    """A record that cannot be read is an error, whatever Slurm says."""
    with pytest.raises(Unavailable, match="/job/record on the cluster cannot be read"):
        Evidence.read(
            {
                "now": ["10000"],
                "squeue": ["slurm_load_jobs error: Invalid job id specified"],
                "cancelled": ["9050"],
                "missing": ["9000"],
                "unreadable": ["/job/record"],
            }
        )


@given(
    st.dictionaries(
        st.sampled_from(["squeue", "sacct", "record", "cancelled", "missing", "now"]),
        st.lists(st.text(), max_size=3),
    )
)
def test_any_lines(lines: dict[str, list[str]]) -> None:
    """A look that found anything at all is an ending, or one of the two errors."""
    try:
        ending = Evidence.read(lines).ending(SETTLING)
    except (NotFinal, Unavailable):
        return
    assert ending.state.is_final
