"""sacct's answers and single rows, recorded from three generations."""

import pytest

from connectors.slurm.words.commands import UNKNOWN_JOB, Row, sacct_row, squeue_row, words_of
from dssr.job import JobState, Resources
from tests.connectors.slurm.answers import ENDED, done
from tests.connectors.slurm.recordings import GENERATIONS, answer, recorded, squeue_rows


@pytest.mark.parametrize("generation", GENERATIONS)
def test_recorded_rows_of_squeue_and_sacct(generation: str) -> None:
    """The rows of squeue and of sacct, in the formats of the program ``evidence``, agree about a
    job that has ended."""
    listed = {
        row["A"]: squeue_row("|".join((row["A"], row["T"], row["M"], ENDED, row["r"], "N/A")))
        for row in squeue_rows(generation)
    }
    assert None not in listed.values()
    lines = [line.split("|") for line in recorded(generation, "sacct.txt").splitlines()]
    accounted = {
        fields[0]: sacct_row("|".join((*fields[:2], *fields[3:5], fields[2], *fields[5:7], "")))
        for fields in lines
        if len(fields) > 9
    }
    for state in (
        JobState.COMPLETED,
        JobState.FAILED,
        JobState.TIMEOUT,
        JobState.OUT_OF_MEMORY,
        JobState.NODE_FAIL,
    ):
        both = [
            (listed[job], row)
            for job, row in accounted.items()
            if row and row.state is state and job in listed
        ]
        assert any(one and one.state is state for one, _ in both), state
    (timeout,) = [row for row in accounted.values() if row and row.state is JobState.TIMEOUT]
    assert timeout.elapsed in {row.elapsed for row in listed.values() if row}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "|",
        "slurm_load_jobs error: Invalid job id specified",
        "1.batch|COMPLETED|1|now|0:0|1|2|",
        "²|FAILED|1|x|0:0|1|2|",
        "1|FAILED|x|now|0:0|1|2|",
        "1|FAILED",
        "sacct: error: Connection refused",
    ],
)
def test_what_is_no_row(line: str) -> None:
    """Errors, steps and noise are not rows of jobs."""
    assert sacct_row(line) is None
    assert squeue_row(line.partition("|0:0")[0].replace("|now", "")) is None


def test_rows() -> None:
    """A row has the job's state, its seconds, and when it started and ended."""
    assert squeue_row("12|RUNNING|1-00:00:01|1795300000|None|1795200000") == Row(
        JobState.RUNNING, 86401, 1795200000.0, 1795300000.0
    )
    assert sacct_row("12|CANCELLED by 0|77|x|0:15|1795200000|Unknown|") == Row(
        JobState.CANCELLED, 77, 1795200000.0, None, "0:15"
    )


@pytest.mark.parametrize(
    ("text", "allocated"),
    [
        (
            "billing=2,cpu=2,gres/gpu:a100=4,gres/gpu=4,mem=1.50G,node=2",
            Resources("", "", "", 2, 2, 1536, 4),
        ),
        ("cpu=1,mem=750M,node=1", Resources(nodes=1, cores=1, memory_mb=750)),
        ("cpu=1,node=1", Resources(nodes=1, cores=1)),
        ("", None),
    ],
)
def test_the_accounting_says_what_a_job_was_given(text: str, allocated: Resources | None) -> None:
    """A row of the accounting has the memory, and the GPUs where the site counts them."""
    row = sacct_row(f"12|COMPLETED|77|{text}|0:0|1795200000|1795200077|")
    assert row is not None
    assert row.allocated == allocated


@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_unknown_job_is_recognised(generation: str) -> None:
    """The words with which scontrol and squeue of each generation report an unknown job are
    recognised."""
    _, _, stderr = answer(generation, "scontrol_unknown_job.txt")
    assert UNKNOWN_JOB in stderr


def test_the_words_of_a_failed_command() -> None:
    """The words of a failed command are one line, not too long, and never empty."""
    assert words_of(done("", 1, "a\n b\n")) == "a b"
    assert words_of(done("on stdout", 1)) == "on stdout"
    assert words_of(done("", 7)) == "exit code 7"
    assert len(words_of(done("x" * 10_000, 1))) == 500
