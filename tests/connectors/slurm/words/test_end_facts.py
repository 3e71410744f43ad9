"""What is known of a job's end beside its state."""

import pytest

from connectors.slurm.words import settled
from connectors.slurm.words.end_facts import end_facts
from connectors.slurm.words.journal import EndFacts, Ending
from dssr.job import JobRef, JobState, JobStatus, Resources
from tests.connectors.slurm.words.test_settled import ONE, UNKNOWN, read, row

COMPLETED, FAILED = Ending(JobState.COMPLETED, 7), Ending(JobState.FAILED, 7)
RECORD = ("record began=1000", "record ended=1007", "record step=0", "record marker=none")


def accounted(state: str, code: str, start: str = "1795600790") -> str:
    """The job's row in accounting."""
    return f"sacct 11|{state}|7|1795600780|{code}|{start}|1795600797|00:00.500||"


def facts(*common: str, one: tuple[str, ...] = (), ending: Ending = COMPLETED) -> EndFacts:
    """The facts of the first job's end."""
    return end_facts(read("accounting 0", *common, one=one)[0], ending, None)


def test_slurms_row_has_the_times() -> None:
    """Without a record, the times and the exit code are those of accounting."""
    found = facts("listing 0", accounted("COMPLETED", "0:0"))
    assert (found.started, found.ended) == (1795600790.0, 1795600797.0)
    assert (found.exit_code, found.signal, found.evidence) == (0, None, ("accounting",))


def test_the_record_has_the_times_of_the_script() -> None:
    """With a record, the times and the exit code are the script's; the state rests on Slurm."""
    found = facts("listing 0", row(ONE, "COMPLETED", "11"), one=(*RECORD, "record exit=0"))
    assert (found.started, found.ended, found.evidence) == (1000.0, 1007.0, ("squeue",))
    alone = facts("listing 1", f"squeue {UNKNOWN}", one=(*RECORD, "record exit=3"))
    assert (alone.exit_code, alone.evidence) == (3, ("record",))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0", (None, None)),
        ("3", (3, None)),
        ("128", (128, None)),
        ("137", (137, 9)),
        ("192", (192, 64)),
        ("255", (255, None)),
        ("", (None, None)),
        ("much", (None, None)),
    ],
)
def test_an_exit_code_above_128_is_a_signal(
    code: str, expected: tuple[int | None, int | None]
) -> None:
    """A shell's exit code above 128 is that of a signal as long as there is a signal of that
    number; the code 0 does not explain a failure."""
    found = facts("listing 0", one=(*RECORD, f"record exit={code}"), ending=FAILED)
    assert (found.exit_code, found.signal) == expected


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        ("FAILED", "7:0", (7, None)),
        ("CANCELLED by 0", "0:15", (None, 15)),
        ("TIMEOUT", "0:0", (None, None)),
        ("FAILED", "", (None, None)),
    ],
)
def test_the_exit_code_of_accounting(
    state: str, code: str, expected: tuple[int | None, int | None]
) -> None:
    """Accounting has a code and a signal; 0:0 of a job that did not end well is neither."""
    found = facts("listing 0", accounted(state, code), ending=FAILED)
    assert (found.exit_code, found.signal) == expected


def test_a_job_that_never_ran_has_no_start() -> None:
    """Slurm has the end of a job that was cancelled in the queue as its start."""
    found = facts(
        "listing 0",
        accounted("CANCELLED", "0:0", start="1795600797"),
        ending=Ending(JobState.CANCELLED, 0),
    )
    assert (found.started, found.ended) == (None, 1795600797.0)


def test_a_lost_job_rests_on_nothing() -> None:
    """A job whose state is unknown has no evidence."""
    assert facts("listing 0", ending=Ending(JobState.UNKNOWN, 0)).evidence == ()


def test_what_squeue_showed_before() -> None:
    """Nodes and resources are those that squeue has listed last; a list of nodes that is too long
    for the journal is left out."""
    (found, _) = read("listing 0", accounted("COMPLETED", "0:0"), "accounting 0", one=("size 3",))
    resources = Resources(partition="batch")
    for nodes, kept in ((("n1", "n2"), "n1,n2"), (tuple(f"node{n}" for n in range(500)), "")):
        last = JobStatus(
            JobRef("name", 1, "11"), JobState.RUNNING, nodes=nodes, resources=resources
        )
        known = end_facts(found, COMPLETED, last)
        assert (known.nodes, known.resources, known.output_bytes) == (kept, resources, 3)


@pytest.mark.parametrize(
    "last",
    [
        None,
        JobStatus(JobRef("name", 1, "11"), JobState.PENDING, resources=Resources("short,batch")),
    ],
)
def test_where_a_job_ran_that_squeue_never_listed_as_running(last: JobStatus | None) -> None:
    """Its batch script has written its partition and its nodes."""
    place = ("record exit=0", "record nodes=n[1-2]", "record partition=batch")
    (found, _) = read("accounting 1", "listing 0", one=(*RECORD, *place))
    known = end_facts(found, COMPLETED, last)
    assert (known.nodes, known.resources) == ("n[1-2]", Resources("batch"))


def test_a_record_that_cannot_be_read() -> None:
    """A final answer of before needs no evidence: what is not known is left open."""
    (found, _) = read("listing 0", one=("unreadable x", "final FAILED|7|", "size 3"))
    assert isinstance(found, settled.Found)
    assert end_facts(found, FAILED, None) == EndFacts(output_bytes=3)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (None, Resources(nodes=1, cores=2, memory_mb=750, gpus=1)),
        (Resources("batch", memory_mb=100), Resources("batch", memory_mb=750, gpus=1)),
    ],
)
def test_what_a_job_was_given_is_in_the_accounting(
    listed: Resources | None, expected: Resources
) -> None:
    """Memory and GPUs are those of the accounting, whatever squeue said before."""
    tres = "cpu=2,gres/gpu=1,mem=750M,node=1"
    line = f"sacct 11|COMPLETED|7|{tres}|0:0|1795600790|1795600797|00:00.500||"
    last = JobStatus(JobRef("name", 1, "11"), JobState.RUNNING, resources=listed)
    found = end_facts(read("accounting 0", "listing 0", line)[0], COMPLETED, last)
    assert found.resources == expected
