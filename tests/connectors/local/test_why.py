"""Why a job of this machine is in its state."""

from dataclasses import replace

import pytest

from connectors.local.folder import LocalJob
from connectors.local.why import explain
from dssr.job import JobRef, JobState, JobStatus

JOB = LocalJob(
    name="job", number=1, cores=2, walltime=60, plain=True, argv=("bash",), directory="/d",
    output="/d.out", cwd="/", submitted=0.0,
)  # fmt: skip
REF = JobRef("job", 1, "7")


@pytest.mark.parametrize(
    ("reason", "words", "cure"),
    [
        ("held", "is held", "Release it."),
        ("begins later", "start time", "Wait."),
        ("is being started", "is being started", "Wait a moment."),
        ("waits for cores", "waits for cores", "Wait, or cancel jobs that are not needed."),
    ],
)
def test_a_job_that_waits(reason: str, words: str, cure: str) -> None:
    """The summary names what the job waits for, and the cure what its user can do."""
    why = explain(JobStatus(REF, JobState.PENDING, reason=reason), replace(JOB, begin=9.0), b"")
    assert words in why.summary
    assert why.cure == (cure,)
    assert why.evidence == (f"queue of this machine: {reason}",)
    assert why.expected_start == (9.0 if reason == "begins later" else None)


def test_a_job_that_runs() -> None:
    """The explanation has the time that the job has run and its limit."""
    why = explain(JobStatus(REF, JobState.RUNNING, 5), JOB, b"")
    assert (why.summary, why.because, why.evidence) == (
        "Job 7 is running.",
        ("It has run for 5 s; its time limit is 60 s.",),
        ("record: RUNNING",),
    )


@pytest.mark.parametrize(
    ("state", "reason", "output", "words"),
    [
        (JobState.COMPLETED, "", b"fine\n", "completed"),
        (JobState.TIMEOUT, "ran into its time limit of 60 s", b"", "longer time limit"),
        (JobState.FAILED, "ended with exit code 127", b"x.sh: line 2: foo: command not found\n",
         "foo: command not found"),
        (JobState.FAILED, "ended with exit code 3", b"no convergence\n", "no convergence"),
        (JobState.FAILED, "ended by signal 11", b"", "SIGSEGV"),
        (JobState.FAILED, "could not be started: /no: No such file or directory",
         b"", "Name an interpreter"),
        (JobState.CANCELLED, "", b"", "cancelled through the bridge"),
    ],
)  # fmt: skip
def test_a_job_that_has_ended(state: JobState, reason: str, output: bytes, words: str) -> None:
    """The explanation has the cause, in words and as the line of the output that shows it."""
    text = explain(JobStatus(REF, state, 4, reason=reason), JOB, output).as_text()
    assert words in text
    assert "4 s" in text
