"""What the examination of several jobs printed, read for each of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words import settled
from connectors.slurm.words.journal import Ending
from connectors.slurm.words.settled import Found
from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState

ONE, TWO = (f"jobs/2030-01-31/{digit * 32}.{digit * 12}" for digit in "12")
STATE = "/home/jarvice/.jarvice/state/"
UNKNOWN = "slurm_load_jobs error: Invalid job id specified"
SETTLING = 60.0


def row(place: str, state: str, native_id: str) -> str:
    """The job as squeue lists it."""
    return f"squeue {native_id}|{state}|0:07|1795600797|None|1795600790|{STATE}{place}/batch.1.name"


def printed(*common: str, one: tuple[str, ...] = (), two: tuple[str, ...] = ()) -> str:
    """What the program prints about two jobs."""
    jobs = [
        "\n".join([f"job {place}", f"id {native_id}", f"batch {STATE}{place}/batch", *lines])
        for place, native_id, lines in ((ONE, "11", one), (TWO, "12", two))
    ]
    return "\n".join(["", "now 2000", *common, *jobs, ""])


def read(*common: str, one: tuple[str, ...] = (), two: tuple[str, ...] = ()) -> list[Found]:
    """What is read of it."""
    return list(settled.read(printed(*common, one=one, two=two)))


def state_of(found: Found) -> JobState:
    """How the job ended by this evidence."""
    assert found.evidence is not None
    return found.evidence.ending(SETTLING).state


def test_each_job_has_its_own_row() -> None:
    """A job that squeue lists is recognised by its batch script, and not by its id."""
    rows = row(ONE, "COMPLETED", "11"), row(TWO, "TIMEOUT", "12")
    assert [state_of(each) for each in read("listing 0", *rows, "accounting 0")] == [
        JobState.COMPLETED,
        JobState.TIMEOUT,
    ]
    other = row(TWO.replace("2", "3"), "RUNNING", "12")
    one, two = read("listing 0", rows[0], other, "accounting 0", two=("missing 1000",))
    assert (state_of(one), state_of(two)) == (JobState.COMPLETED, JobState.UNKNOWN)


def test_each_job_has_its_own_rows_of_accounting() -> None:
    """Rows of accounting are those of the job with that id and of its steps."""
    rows = (
        "sacct 11|FAILED|7|1795600780|0:9|1795600790|1795600797|00:00.500||",
        "sacct 11.batch|OUT_OF_MEMORY|7|1795600780|0:125|1795600790|1795600797|00:00.500||",
        "sacct 12|COMPLETED|7|1795600780|0:0|1795600790|1795600797|00:00.500||",
        "sacct 111|CANCELLED|7|1795600780|0:0|1795600790|1795600797|00:00.500||",
    )
    found = read("listing 0", f"squeue {UNKNOWN}", *rows, "accounting 0")
    assert [state_of(each) for each in found] == [JobState.OUT_OF_MEMORY, JobState.COMPLETED]


def test_one_job_that_slurm_has_forgotten() -> None:
    """squeue fails for a list with an unknown id, and its answer about the others is valid."""
    one, two = read("listing 1", f"squeue {UNKNOWN}", row(TWO, "RUNNING", "12"), "accounting 0")
    assert one.evidence is not None
    assert (one.evidence.controller_answered, one.evidence.listed) == (True, None)
    with pytest.raises(NotFinal):
        state_of(two)


@pytest.mark.parametrize(
    "silence",
    [("listing 1", "squeue squeue: error: Unable to contact slurm controller"), ("listing 124",)],
)
def test_a_silent_controller(silence: tuple[str, ...]) -> None:
    """A controller that does not answer, with words or without any, is no evidence."""
    for found in read(*silence, "accounting 0", one=("missing 1",), two=("missing 1",)):
        with pytest.raises(Unavailable):
            state_of(found)


def test_a_banner_is_no_row() -> None:
    """A site's banner around squeue's answer is neither a row nor an error."""
    banner = "squeue Welcome | to the cluster"
    one, _ = read("listing 0", banner, "accounting 0", one=("missing 1000",))
    assert state_of(one) is JobState.UNKNOWN


def test_what_is_in_the_directory() -> None:
    """A job has the record, the size and the earlier answer of its own directory."""
    record = ("record exit=0", "record step=0", "record marker=success", "record state=")
    one, two = read(
        "listing 0",
        "accounting 0",
        one=(*record, "size 12"),
        two=("unreadable x", "size big", "final TIMEOUT|5|why"),
    )
    assert (state_of(one), one.output_bytes, one.final) == (JobState.COMPLETED, 12, None)
    assert (two.evidence, two.output_bytes) == (None, None)
    assert two.final == Ending(JobState.TIMEOUT, 5, "why")
    assert read("listing 0", one=("final of a newer version",))[0].final is None


@given(st.text(alphabet="\n |:abc0123456789", max_size=200))
def test_any_text(text: str) -> None:
    """No text in the place of an answer is an error."""
    assert len(settled.read(text)) == text.count("\njob ")
    assert len(read(text.replace("\njob ", ""))) == 2
